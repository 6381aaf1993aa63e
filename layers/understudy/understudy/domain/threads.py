"""Threads: their owner, their lifetime and what they contain."""

import re
from collections.abc import Sequence

from pydantic import Field

from understudy.domain.base import Body, Metadata, Record
from understudy.domain.file_names import UNSAFE
from understudy.domain.ids import bare_id, milliseconds, new_id
from understudy.domain.messages import Message, NewMessage
from understudy.domain.tools import ToolResources
from understudy.errors import InvalidRequestError

HOUR = 3600
DAY = 24 * HOUR
MAX_MESSAGES_AT_CREATION = 32
MAX_OWNER = 128
OWNER = re.compile(rf"[^\x20/#]{{1,{MAX_OWNER}}}")
"""A user id or a purpose: it becomes part of a key in the table and in the bucket."""


def is_owner(value: str) -> bool:
    """Returns whether a text may be a tenant, a user id or a purpose."""
    return (
        OWNER.fullmatch(value) is not None and value not in (".", "..") and not UNSAFE.search(value)
    )


def check_owner(param: str, value: str) -> str:
    """Returns the user id or purpose. Raises InvalidRequestError if it cannot be part of a key."""
    if not is_owner(value):
        raise InvalidRequestError(
            f"Invalid '{param}': expected 1 to 128 characters without spaces, control characters, "
            "'/', '\\' or '#'.",
            param=param,
            code="invalid_value",
        )
    return value


class NewThread(Body):
    """The body of a request that creates a thread."""

    messages: list[NewMessage] = Field(
        fail_fast=True, default_factory=list, max_length=MAX_MESSAGES_AT_CREATION
    )
    tool_resources: ToolResources | None = None
    metadata: Metadata | None = None


class ThreadChange(Body):
    """The body of a request that modifies a thread; fields that are not sent are kept."""

    tool_resources: ToolResources | None = None
    metadata: Metadata | None = None


class ThreadOfUser(Body):
    """The body of a get-or-create request."""

    max_age_hours: float | None = Field(default=None, gt=0, le=24 * 365)
    ttl_days: float | None = Field(default=None, gt=0, le=365)
    metadata: Metadata | None = None
    tool_resources: ToolResources | None = None


class ThreadSearch(Record):
    """Filters for a list of threads: a purpose, pairs that their metadata must contain, and the
    time of their creation (Unix seconds, the first included, the last not)."""

    purpose: str | None = None
    metadata: dict[str, str] = Field(default_factory=dict)
    created_after: int | None = None
    created_before: int | None = None

    @property
    def filters(self) -> bool:
        """Whether threads must be read to know if they pass."""
        return self.purpose is not None or bool(self.metadata)

    @property
    def ids(self) -> tuple[str | None, str | None]:
        """The ids between which threads of this time sort; None without a limit."""
        low, high = self.created_after, self.created_before
        return (
            None if low is None else bare_id("thread", order=milliseconds(low)),
            None if high is None else bare_id("thread", order=milliseconds(high)),
        )

    def matches(self, thread: "Thread") -> bool:
        """Whether the thread passes the filters."""
        is_late = self.created_after is None or thread.created_at >= self.created_after
        is_early = self.created_before is None or thread.created_at < self.created_before
        return (
            is_late
            and is_early
            and self.purpose in (None, thread.purpose)
            and self.metadata.items() <= thread.metadata.items()
        )


EVERY_THREAD = ThreadSearch()


class Thread(Record):
    """A thread of one tenant. Times are Unix seconds.

    `message_order` is the position of the newest message; it never decreases. `active_run_id` is
    the last run of the thread. Once that is known to have ended, it is `ended_run_id` instead,
    until the next message or run replaces it in the table; `stored_order` is the order that the
    table has until then. `run_queue` has the ids of the runs that wait, in their order, and
    `rolled_back` those of the runs to delete before the next one starts.
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
    ended_run_id: str | None = None
    stored_order: int | None = None
    run_queue: list[str] = Field(default_factory=list)
    rolled_back: list[str] = Field(default_factory=list)
    metadata: dict[str, str] = Field(default_factory=dict)
    tool_resources: ToolResources | None = None
    container_id: str | None = None

    def is_alive(self, now: float) -> bool:
        """Returns whether it has not expired. DynamoDB deletes expired items only hours or days
        later."""
        return now < self.expires_at

    def is_fresh(self, max_age_seconds: float, now: float) -> bool:
        """Returns whether get-or-create may return this thread instead of a new one."""
        return self.is_alive(now) and now - self.last_activity < max_age_seconds

    def new_messages(
        self, bodies: Sequence[NewMessage], now: float, *, first: int = 1
    ) -> list[Message]:
        """Returns messages for the positions after the newest one, counted from `first`."""
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
