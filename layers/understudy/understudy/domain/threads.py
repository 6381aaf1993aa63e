"""Threads: who talks about what, and for how long it is kept."""

import re
from collections.abc import Sequence

from pydantic import Field

from understudy.domain.base import Body, Metadata, Record
from understudy.domain.ids import new_id
from understudy.domain.messages import Message, NewMessage
from understudy.domain.tools import ToolResources
from understudy.errors import InvalidRequestError

HOUR = 3600
DAY = 24 * HOUR
MAX_MESSAGES_AT_CREATION = 32
MAX_OWNER = 128
OWNER_SEGMENT = re.compile(r"[^\x00-\x20\x7f/\\#\u202a-\u202e\u2066-\u2069]{1,128}")
"""A user id or a purpose: it becomes part of a key in the table and in the bucket."""


def check_owner(param: str, value: str) -> str:
    """A user id or purpose that may be part of a key. Raises InvalidRequestError."""
    if not OWNER_SEGMENT.fullmatch(value) or value in (".", ".."):
        raise InvalidRequestError(
            f"Invalid '{param}': expected 1 to 128 characters without blanks, '/', '\\' or '#'.",
            param=param,
            code="invalid_value",
        )
    return value


class NewThread(Body):
    """The body of a create."""

    messages: list[NewMessage] = Field(
        fail_fast=True, default_factory=list, max_length=MAX_MESSAGES_AT_CREATION
    )
    tool_resources: ToolResources | None = None
    metadata: Metadata | None = None


class ThreadChange(Body):
    """The body of a modify: only what was sent changes anything."""

    tool_resources: ToolResources | None = None
    metadata: Metadata | None = None


class ThreadOfUser(Body):
    """The body of get-or-create."""

    max_age_hours: float | None = Field(default=None, gt=0, le=24 * 365)
    ttl_days: float | None = Field(default=None, gt=0, le=365)
    metadata: Metadata | None = None
    tool_resources: ToolResources | None = None


class ThreadSearch(Record):
    """Which threads are looked for: those of a purpose, with these pairs in their metadata."""

    purpose: str | None = None
    metadata: dict[str, str] = Field(default_factory=dict)

    def matches(self, thread: "Thread") -> bool:
        """Whether the thread is one of them."""
        return self.purpose in (None, thread.purpose) and (
            self.metadata.items() <= thread.metadata.items()
        )


EVERY_THREAD = ThreadSearch()


class Thread(Record):
    """A thread of one tenant. Times are Unix seconds.

    `message_order` is the place of the newest message; it only ever grows.
    """

    id: str
    tenant: str
    user_id: str | None = None
    purpose: str | None = None
    created_at: int
    last_activity: int
    ttl_seconds: int
    expires_at: int
    message_order: int = 0
    active_run_id: str | None = None
    metadata: dict[str, str] = Field(default_factory=dict)
    tool_resources: ToolResources | None = None
    container_id: str | None = None

    def is_alive(self, now: float) -> bool:
        """Whether readers may see it; DynamoDB removes an expired item only after hours or days."""
        return now < self.expires_at

    def is_fresh(self, max_age_seconds: float, now: float) -> bool:
        """Whether get-or-create may hand it out again."""
        return self.is_alive(now) and now - self.last_activity < max_age_seconds

    def new_messages(
        self, bodies: Sequence[NewMessage], now: float, *, first: int = 1
    ) -> list[Message]:
        """Returns messages for the places after the newest one, counted from `first`."""
        return [
            Message(
                id=new_id("msg", order=self.message_order + place),
                tenant=self.tenant,
                thread_id=self.id,
                created_at=int(now),
                role=body.role,
                content=body.shown_content(),
                attachments=body.all_attachments,
                metadata=body.metadata,
            )
            for place, body in enumerate(bodies, start=first)
        ]
