"""Pages of threads that pass a search: the indexes hold keys only, so the threads are read too."""

from understudy.adapters.dynamodb.paging import Span, readings
from understudy.adapters.dynamodb.table import BATCH_GET, Index, Table
from understudy.adapters.dynamodb.thread_items import read_thread
from understudy.domain.lists import Page, PageRequest
from understudy.domain.threads import Thread, ThreadSearch

MAX_CHUNKS = 20
"""A search reads 2,000 threads at most for one page."""


def search_page(
    table: Table, at: Index, owner: str, request: PageRequest, search: ThreadSearch
) -> Page[Thread]:
    """Returns a page of the owner's threads at an index that pass the search.

    A search that stops early says in `looked_up_to` where the next page continues.
    """
    span = Span.of(request).narrowed(*search.ids)
    chunk = BATCH_GET if search.filters else request.limit + 1
    low, high, found = span.low, span.high, list[Thread]()
    for _ in range(MAX_CHUNKS):
        listed = list(
            table.query(
                owner,
                at=at,
                after=low,
                before=high,
                newest_first=span.newest_first,
                limit=chunk,
            )
        )
        places = [{"pk": item["pk"], "sk": item["sk"]} for item in listed]
        read = readings(table.get_many(places), read_thread)
        found += [thread for thread in read if thread and search.matches(thread)]
        if len(listed) < chunk or len(found) > request.limit:
            return span.page(found)
        seen = listed[-1]["thread_id"]
        low, high = (low, seen) if span.newest_first else (seen, high)
    page = span.page(found)
    return page.model_copy(update={"has_more": True, "looked_up_to": seen})
