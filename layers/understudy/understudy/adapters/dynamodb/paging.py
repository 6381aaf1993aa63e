"""Pages of objects whose ids are their sort keys."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from understudy.adapters.dynamodb.table import Item, Table
from understudy.domain.lists import Page, PageRequest

T = TypeVar("T")


def page_of(
    table: Table, pk: str, prefix: str, request: PageRequest, read: Callable[[Item], T]
) -> Page[T]:
    """One page: as many reads as it has items, however long the list is.

    `prefix` is what stands before the id in the sort key.
    """
    span = Span.of(request)
    items = table.query(
        pk,
        prefix=prefix,
        after=None if span.low is None else prefix + span.low,
        before=None if span.high is None else prefix + span.high,
        newest_first=span.newest_first,
        limit=request.limit + 1,
    )
    return span.page(map(read, items))


@dataclass(frozen=True)
class Span:
    """What a page request means for a list that is sorted by id.

    `after` and `before` are in the order of the list, so newest first they bound the other ends.
    The page before an id is the one that ends there: it is read backwards from the id.
    """

    low: str | None
    high: str | None
    newest_first: bool
    backwards: bool
    limit: int

    @classmethod
    def of(cls, request: PageRequest) -> "Span":
        backwards = request.before is not None and request.after is None
        ends = (request.after, request.before)
        low, high = ends[::-1] if request.newest_first else ends
        return cls(low, high, request.newest_first != backwards, backwards, request.limit)

    def page(self, found: Iterable[T]) -> Page[T]:
        """The page from what was found, and whether there is more beyond it."""
        page = first_page(found, self.limit)
        return page.model_copy(update={"items": page.items[::-1]}) if self.backwards else page


def first_page(found: Iterable[T], limit: int) -> Page[T]:
    """The first `limit` of what was found, and whether there is more."""
    taken = list(islice(found, limit + 1))
    return Page(items=taken[:limit], has_more=len(taken) > limit)
