"""Pages of lists, as the API cuts them."""

from typing import Generic, Literal, TypeVar

from pydantic import Field

from understudy.domain.base import MAX_ID, Body, Json, Record

Listed = TypeVar("Listed")

DEFAULT_LIMIT = 20
MAX_LIMIT = 100


class PageRequest(Body):
    """Which part of a list is wanted. `after` and `before` are ids and not in the page."""

    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)
    order: Literal["asc", "desc"] = "desc"
    after: str | None = Field(default=None, max_length=MAX_ID)
    before: str | None = Field(default=None, max_length=MAX_ID)

    @property
    def newest_first(self) -> bool:
        return self.order == "desc"


class Page(Record, Generic[Listed]):
    """A part of a list, and whether more comes after it.

    `looked_up_to` is where a search stopped that has not found a full page yet.
    """

    items: list[Listed]
    has_more: bool
    looked_up_to: str | None = None


def as_list(objects: list[Json], *, has_more: bool, last_id: str | None = None) -> Json:
    """A page as the API shows it; `last_id` is where to go on, if not after the last object."""
    return {
        "object": "list",
        "data": objects,
        "first_id": objects[0]["id"] if objects else None,
        "last_id": last_id or (objects[-1]["id"] if objects else None),
        "has_more": has_more,
    }
