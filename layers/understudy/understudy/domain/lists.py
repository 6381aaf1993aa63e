"""Pages of lists, as the API defines them."""

from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BeforeValidator, Field

from understudy.domain.base import MAX_ID, Body, Record

Listed = TypeVar("Listed")

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
MAX_PAGE_BYTES = 4 * 1024 * 1024
"""Bytes of JSON after which a page ends early; Lambda returns 6 MB at most."""


def empty_is_absent(value: Any) -> Any:
    """Returns None for an empty string: some clients send a parameter without a value."""
    return None if value == "" else value


Cursor = Annotated[
    Annotated[str, Field(max_length=MAX_ID)] | None, BeforeValidator(empty_is_absent)
]


class PageRequest(Body):
    """The part of a list that is requested. `after` and `before` are ids outside the page."""

    limit: int = Field(
        default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="The maximum number of objects."
    )
    order: Literal["asc", "desc"] = Field(
        default="desc", description="By time of creation; the newest object is first by default."
    )
    after: Cursor = Field(default=None, description="An id; the page starts after it.")
    before: Cursor = Field(default=None, description="An id; the page ends before it.")

    @property
    def newest_first(self) -> bool:
        return self.order == "desc"

    @property
    def is_backwards(self) -> bool:
        """Whether the page is the one that ends at `before`, so is read from its end."""
        return self.before is not None and self.after is None


class Page(Record, Generic[Listed]):
    """A part of a list, and whether there is more after it.

    `looked_up_to` is the id at which a search stopped before it found a full page.
    """

    items: list[Listed]
    has_more: bool
    looked_up_to: str | None = None
