"""Pages of objects whose ids are their sort keys."""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import TypeVar

from understudy.adapters.dynamodb.table import Item, Table
from understudy.domain.lists import Page, PageRequest

T = TypeVar("T")


def page_of(
    table: Table, pk: str, prefix: str, request: PageRequest, read: Callable[[Item], T]
) -> Page[T]:
    """One page: as many reads as it has items, however long the list is.

    `after` and `before` are in the order of the list, so newest first they bound the other ends.
    """
    low = request.before if request.newest_first else request.after
    high = request.after if request.newest_first else request.before
    items = table.query(
        pk,
        prefix=prefix,
        after=None if low is None else prefix + low,
        before=None if high is None else prefix + high,
        newest_first=request.newest_first,
        limit=request.limit + 1,
    )
    return first_page(map(read, items), request.limit)


def first_page(found: Iterable[T], limit: int) -> Page[T]:
    """The first `limit` of what was found, and whether there is more."""
    taken = list(islice(found, limit + 1))
    return Page(items=taken[:limit], has_more=len(taken) > limit)
