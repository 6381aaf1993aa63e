"""Pages of lists, as the API cuts them."""

from typing import Generic, Literal, TypeVar

from pydantic import Field

from understudy.domain.base import Body, Json, Record

Listed = TypeVar("Listed")

DEFAULT_LIMIT = 20
MAX_LIMIT = 100


class PageRequest(Body):
    """Which part of a list is wanted. `after` and `before` are ids and not in the page."""

    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)
    order: Literal["asc", "desc"] = "desc"
    after: str | None = Field(default=None, max_length=256)
    before: str | None = Field(default=None, max_length=256)

    @property
    def newest_first(self) -> bool:
        return self.order == "desc"


class Page(Record, Generic[Listed]):
    """A part of a list, and whether more comes after it."""

    items: list[Listed]
    has_more: bool


def as_list(objects: list[Json], *, has_more: bool) -> Json:
    """A page as the API shows it."""
    return {
        "object": "list",
        "data": objects,
        "first_id": objects[0]["id"] if objects else None,
        "last_id": objects[-1]["id"] if objects else None,
        "has_more": has_more,
    }
