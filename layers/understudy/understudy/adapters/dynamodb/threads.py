"""Threads in the table, and which of them is a user's for a purpose."""

import json
from collections.abc import Sequence

from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.messages import Messages
from understudy.adapters.dynamodb.paging import Span, readings
from understudy.adapters.dynamodb.table import BATCH_GET, Expression, Index, Item, Table, Write
from understudy.domain.lists import Page, PageRequest
from understudy.domain.messages import Message
from understudy.domain.threads import DAY, EVERY_THREAD, Thread, ThreadSearch
from understudy.domain.tools import ToolResources
from understudy.errors import WriteRefusedError

POINTER_KEPT_SECONDS = 2 * 365 * DAY
"""The pointer of a purpose outlives its thread; the thread says whether it is fresh."""

ALIVE = "attribute_exists(pk) AND expires_at > :now"

BY_TENANT = Index("threads_by_tenant", "thread_of_tenant", "thread_id")
BY_USER = Index("threads_by_user", "thread_of_user", "thread_id")
MAX_CHUNKS = 20
"""How often a page is filled up: a search looks at 2,000 threads at most for one page."""


class Threads:
    """The threads of all tenants, and which of them is a user's for a purpose."""

    def __init__(self, table: Table, messages: Messages) -> None:
        self._table = table
        self._messages = messages

    def get(self, tenant: str, thread_id: str) -> Thread | None:
        item = self._table.get(keys.thread(tenant, thread_id))
        return _read(item) if item else None

    def create(self, thread: Thread, messages: Sequence[Message]) -> None:
        """Stores a thread with its first messages, all or nothing."""
        writes = [Write(item=_item(thread), condition="attribute_not_exists(pk)")]
        writes += [self._messages.writing(message) for message in messages]
        if len(writes) == 1:
            self._table.write(writes[0])
        else:
            self._table.transact(writes)

    def create_for_user(self, thread: Thread, *, instead_of: str | None) -> bool:
        """Stores the thread as the user's for its purpose; False if another call was first.

        `instead_of` is the thread that was found for that user and purpose before, if any.
        """
        pointer = Write(
            item={
                **keys.purpose(thread.tenant, thread.user_id or "", thread.purpose or ""),
                "thread_id": thread.id,
                "expires_at": thread.created_at + POINTER_KEPT_SECONDS,
            },
            condition="attribute_not_exists(pk)" if instead_of is None else "thread_id = :old",
            values={} if instead_of is None else {":old": instead_of},
        )
        stored = Write(item=_item(thread), condition="attribute_not_exists(pk)")
        try:
            self._table.transact([stored, pointer])
        except WriteRefusedError:
            return False
        return True

    def pointed_to(self, tenant: str, user_id: str, purpose: str) -> str | None:
        """The id that is on record for that user and purpose, alive or not."""
        pointer = self._table.get(keys.purpose(tenant, user_id, purpose))
        return pointer["thread_id"] if pointer else None

    def find_for_user(self, tenant: str, user_id: str, purpose: str) -> Thread | None:
        """The thread that was last made for that user and purpose, if it is still alive."""
        thread_id = self.pointed_to(tenant, user_id, purpose)
        return self.get(tenant, thread_id) if thread_id else None

    def touch(self, tenant: str, thread_id: str) -> Thread | None:
        """Moves last activity and expiry forward; None if the thread is gone."""
        try:
            return _read(self._table.write(self._touching(tenant, thread_id)))
        except WriteRefusedError:
            return None

    def admit_message(self, tenant: str, thread_id: str) -> Thread:
        """Takes the next place for a message.

        Raises WriteRefusedError if the thread is gone or has an active run.
        """
        write = self._touching(
            tenant, thread_id, add={"message_order": 1}, also="attribute_not_exists(active_run_id)"
        )
        return _read(self._table.write(write))

    def change(self, tenant: str, thread_id: str, **attributes: object) -> Thread | None:
        """Sets metadata, tool resources or both; None if the thread is gone."""
        stored = {name: _stored(value) for name, value in attributes.items()}
        write = Write(
            key=keys.thread(tenant, thread_id),
            assign={name: text for name, text in stored.items() if text is not None},
            remove=[name for name, text in stored.items() if text is None],
            condition=ALIVE,
            values={":now": int(self._table.now())},
        )
        try:
            return _read(self._table.write(write))
        except WriteRefusedError:
            return None

    def set_resources(self, thread: Thread, resources: ToolResources | None) -> bool:
        """Sets the tool resources; False if they are not the thread's any more, or it is gone."""
        old, new = _stored(thread.tool_resources), _stored(resources)
        is_new = "attribute_not_exists(tool_resources)"
        unchanged = is_new if old is None else "tool_resources = :old"
        write = Write(
            key=keys.thread(thread.tenant, thread.id),
            assign={} if new is None else {"tool_resources": new},
            remove=("tool_resources",) if new is None else (),
            condition=f"{ALIVE} AND {unchanged}",
            values={":now": int(self._table.now())} | ({} if old is None else {":old": old}),
        )
        try:
            self._table.write(write)
        except WriteRefusedError:
            return False
        return True

    def remember_container(self, tenant: str, thread_id: str, container_id: str | None) -> None:
        """Keeps the code interpreter container in which the thread's work goes on."""
        self._table.write(
            Write(
                key=keys.thread(tenant, thread_id),
                assign={"container_id": container_id} if container_id else {},
                remove=() if container_id else ("container_id",),
                condition="attribute_exists(pk)",
            )
        )

    def delete(self, tenant: str, thread_id: str) -> bool:
        """Whether there was one. What hangs on the thread is cleaned up from the table's stream."""
        write = Write(
            key=keys.thread(tenant, thread_id),
            delete=True,
            condition=ALIVE,
            values={":now": int(self._table.now())},
        )
        try:
            self._table.write(write)
        except WriteRefusedError:
            return False
        return True

    def page(
        self,
        tenant: str,
        request: PageRequest,
        *,
        user_id: str | None = None,
        search: ThreadSearch = EVERY_THREAD,
    ) -> Page[Thread]:
        """A page of the tenant's threads, or of a user's, as far as they match the search."""
        span, at, owner = Span.of(request), BY_TENANT, tenant
        if user_id is not None:
            at, owner = BY_USER, keys.user(tenant, user_id)
        chunk = request.limit + 1 if search == EVERY_THREAD else BATCH_GET
        low, high, found = span.low, span.high, list[Thread]()
        for _ in range(MAX_CHUNKS):
            listed = list(
                self._table.query(
                    owner,
                    at=at,
                    after=low,
                    before=high,
                    newest_first=span.newest_first,
                    limit=chunk,
                )
            )
            places = [{"pk": item["pk"], "sk": item["sk"]} for item in listed]
            read = readings(self._table.get_many(places), _read)
            found += [thread for thread in read if thread and search.matches(thread)]
            if len(listed) < chunk or len(found) > request.limit:
                return span.page(found)
            seen = listed[-1]["thread_id"]
            low, high = (low, seen) if span.newest_first else (seen, high)
        page = span.page(found)
        return page.model_copy(update={"has_more": True, "looked_up_to": seen})

    def releasing(self, tenant: str, thread_id: str, run_id: str, *, order: int) -> Write:
        """The write that frees the thread of its run, to be part of the run's last transaction."""
        return Write(
            key=keys.thread(tenant, thread_id),
            assign={
                "message_order": order,
                "last_activity": int(self._table.now()),
                "expires_at": Expression("ttl_seconds + :now"),
            },
            remove=("active_run_id",),
            condition="active_run_id = :run",
            values={":now": int(self._table.now()), ":run": run_id},
        )

    def occupying(self, thread: Thread, run_id: str, *, order: int) -> Write:
        """The write that makes a run the thread's active one, if nothing was written since."""
        return Write(
            key=keys.thread(thread.tenant, thread.id),
            assign={
                "active_run_id": run_id,
                "message_order": order,
                "last_activity": int(self._table.now()),
                "expires_at": Expression("ttl_seconds + :now"),
            },
            condition=f"{ALIVE} AND attribute_not_exists(active_run_id) AND message_order = :order",
            values={":now": int(self._table.now()), ":order": thread.message_order},
        )

    def _touching(
        self,
        tenant: str,
        thread_id: str,
        *,
        add: dict[str, int] | None = None,
        also: str | None = None,
    ) -> Write:
        now = int(self._table.now())
        return Write(
            key=keys.thread(tenant, thread_id),
            assign={"last_activity": now, "expires_at": Expression("ttl_seconds + :now")},
            add=add or {},
            condition=ALIVE if also is None else f"{ALIVE} AND {also}",
            values={":now": now},
        )


def _item(thread: Thread) -> Item:
    item = thread.model_dump(exclude={"id", "metadata", "tool_resources"}, exclude_none=True)
    item |= keys.thread(thread.tenant, thread.id)
    item |= {"thread_id": thread.id, "metadata": json.dumps(thread.metadata)}
    item["thread_of_tenant"] = thread.tenant
    resources = _stored(thread.tool_resources)
    if resources is not None:
        item["tool_resources"] = resources
    if thread.user_id is not None:
        item["thread_of_user"] = keys.user(thread.tenant, thread.user_id)
    return item


def _stored(value: object) -> str | None:
    """Metadata or tool resources as the text that is stored of them."""
    if isinstance(value, ToolResources):
        return value.model_dump_json(exclude_none=True)
    return None if value is None else json.dumps(value)


def _read(item: Item) -> Thread:
    resources = item.get("tool_resources")
    known = {
        **item,
        "id": item["thread_id"],
        "metadata": json.loads(item["metadata"]),
        "tool_resources": json.loads(resources) if resources else None,
    }
    return Thread.model_validate(known)
