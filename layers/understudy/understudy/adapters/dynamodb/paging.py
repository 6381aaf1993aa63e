"""Pages of objects whose ids are their sort keys."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from pydantic_core import to_json

from understudy.adapters.dynamodb.table import Item, Table
from understudy.domain.base import Record
from understudy.domain.lists import MAX_PAGE_BYTES, Page, PageRequest
from understudy.observability import logger

T = TypeVar("T", bound=Record)


def page_of(
    table: Table, pk: str, prefix: str, request: PageRequest, read: Callable[[Item], T | None]
) -> Page[T]:
    """Returns one page; it costs as many reads as the page has items, however long the list is.

    `prefix` is the part of the sort key before the id.
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
    return span.page(readings(items, read))


@dataclass(frozen=True)
class Span:
    """A page request as a range of ids, which are sort keys.

    `after` and `before` follow the order of the list, so they change sides if the newest object is
    first. The page before an id is the one that ends there: it is read backwards from the id.
    """

    low: str | None
    high: str | None
    newest_first: bool
    backwards: bool
    limit: int

    @classmethod
    def of(cls, request: PageRequest) -> "Span":
        backwards = request.is_backwards
        ends = (request.after, request.before)
        low, high = ends[::-1] if request.newest_first else ends
        return cls(low, high, request.newest_first != backwards, backwards, request.limit)

    def narrowed(self, low: str | None, high: str | None) -> "Span":
        """Returns the part of the span between two ids, where None is no limit."""
        lows = [each for each in (self.low, low) if each is not None]
        highs = [each for each in (self.high, high) if each is not None]
        return replace(self, low=max(lows, default=None), high=min(highs, default=None))

    def page(self, found: Iterable[T | None]) -> Page[T]:
        """Returns the page of the objects found, in the order of the list."""
        page = first_page(found, self.limit)
        return page.model_copy(update={"items": page.items[::-1]}) if self.backwards else page


def first_page(found: Iterable[T | None], limit: int) -> Page[T]:
    """Returns the first `limit` objects, and whether there are more.

    None is an object that could not be read: it is left out, and counts. A page ends early when its
    objects are large, so that no more of them are in memory than a response can hold.
    """
    items: list[T] = []
    size = 0
    for number, each in enumerate(found):
        if number == limit:
            return Page(items=items, has_more=True)
        if each is None:
            continue
        size += len(to_json(each))
        if items and size > MAX_PAGE_BYTES:
            return Page(items=items, has_more=True)
        items.append(each)
    return Page(items=items, has_more=False)


def readings(items: Iterable[Item], read: Callable[[Item], T | None]) -> Iterator[T | None]:
    """Yields the objects of the items, and None for an item that cannot be read.

    Such an item was written by a newer release, or changed by hand. The list is returned without
    it, and the log names it.
    """
    for item in items:
        made = None
        try:
            made = read(item)
        except (ValueError, KeyError) as error:  # ValidationError of pydantic is a ValueError
            name = f"{item['pk']}/{item['sk']}"
            logger.error("item_unreadable", item=name, error=type(error).__name__)
        yield made
