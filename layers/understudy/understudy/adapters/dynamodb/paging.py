"""Pages of objects whose ids are their sort keys."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from understudy.adapters.dynamodb.table import Item, Table
from understudy.domain.lists import Page, PageRequest
from understudy.observability import logger

T = TypeVar("T")


def page_of(
    table: Table, pk: str, prefix: str, request: PageRequest, read: Callable[[Item], T]
) -> Page[T]:
    """Reads one page; the cost depends on the page, not on the length of the list.

    `prefix` precedes the id in the sort key.
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
    """The range of ids that a page request covers, in a list that is sorted by id.

    `after` and `before` refer to the order of the list, so they swap ends if it is newest first.
    The page before an id ends at that id: it is read backwards from there.
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

    def page(self, found: Iterable[T | None]) -> Page[T]:
        """Returns the page of the items found, and whether there are more."""
        page = first_page(found, self.limit)
        return page.model_copy(update={"items": page.items[::-1]}) if self.backwards else page


def first_page(found: Iterable[T | None], limit: int) -> Page[T]:
    """Returns the first `limit` items found, and whether there are more.

    None stands for an unreadable item: it counts and is left out.
    """
    taken = list(islice(found, limit + 1))
    readable = [each for each in taken[:limit] if each is not None]
    return Page(items=readable, has_more=len(taken) > limit)


def readings(items: Iterable[Item], read: Callable[[Item], T]) -> Iterator[T | None]:
    """Yields the object of each item, or None for an unreadable one, which the log names.

    An item of a newer release, or one edited by hand, must not break a whole list.
    """
    for item in items:
        made = None
        try:
            made = read(item)
        except (ValueError, KeyError) as error:  # ValidationError of pydantic is a ValueError
            name = f"{item['pk']}/{item['sk']}"
            logger.error("item_unreadable", item=name, error=type(error).__name__)
        yield made
