"""The query parameters of operations: each field of a model is one parameter."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from understudy.domain.base import Body
from understudy.domain.lists import Cursor, PageRequest, empty_is_absent

MAX_FILES_OF_PAGE = 10_000
MAX_TIME = 2**37
"""Unix seconds, so far ahead that an id can still hold the time."""

MAX_EVENT_ID = 64

Word = Annotated[str | None, BeforeValidator(empty_is_absent)]


class NoQuery(Body):
    """An operation without query parameters."""


class MessagePage(PageRequest):
    """A page of a thread's messages."""

    run_id: Cursor = Field(default=None, description="Only messages that this run wrote.")


class StreamPosition(Body):
    """The place at which a run's stream is opened again."""

    after: Word = Field(
        default=None,
        max_length=MAX_EVENT_ID,
        description="The id of an event; the stream starts after it, else with the run's beginning."
        " The header `Last-Event-ID` takes precedence.",
    )


class ThreadPage(PageRequest):
    """A page of threads. `metadata` is sent as `metadata[key]=value`."""

    purpose: str | None = Field(default=None, description="Only threads of this purpose.")
    metadata: dict[str, str] = Field(
        default_factory=dict,
        description="Only threads with these pairs in their metadata: metadata[key]=value.",
    )


class TenantThreadPage(ThreadPage):
    """A page of all threads of the tenant."""

    user_id: str | None = Field(default=None, description="Only this user's threads.")
    created_after: int | None = Field(
        default=None, ge=0, le=MAX_TIME, description="Only threads created at or after this time."
    )
    created_before: int | None = Field(
        default=None, ge=0, le=MAX_TIME, description="Only threads created before this time."
    )


class ApprovalPage(PageRequest):
    """A page of the calls that wait for an approval."""

    order: Literal["asc", "desc"] = Field(
        default="asc", description="By the age of the run; the oldest is first by default."
    )


class BudgetQuery(Body):
    """Whose budgets are shown."""

    user_id: str | None = Field(default=None, description="Also the budgets of this user.")


class FilePage(PageRequest):
    """A page of files, which is longer than other pages by default, as OpenAI's is."""

    limit: int = Field(
        default=MAX_FILES_OF_PAGE,
        ge=1,
        le=MAX_FILES_OF_PAGE,
        description="The maximum number of objects.",
    )
    purpose: Word = Field(default=None, description="Only files of this purpose.")


class StoreFilePage(PageRequest):
    """A page of the files of a vector store or a batch."""

    filter: Word = Field(default=None, description="Only files with this status.")
