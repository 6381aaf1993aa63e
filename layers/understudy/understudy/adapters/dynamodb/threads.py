"""Threads in the table, and the current thread of each user and purpose."""

from collections.abc import Collection, Sequence

from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.messages import Messages
from understudy.adapters.dynamodb.table import Expression, Index, Item, Table, Write
from understudy.adapters.dynamodb.thread_items import ALIVE, read_thread, stored_text, thread_item
from understudy.adapters.dynamodb.thread_search import search_page
from understudy.domain.lists import Page, PageRequest
from understudy.domain.messages import Message
from understudy.domain.threads import DAY, EVERY_THREAD, Thread, ThreadSearch
from understudy.domain.tools import ToolResources
from understudy.errors import WriteRefusedError

POINTER_KEPT_SECONDS = 2 * 365 * DAY
"""The pointer of a user's purpose may outlive its thread, whose own expiry decides."""

SINCE_END = "active_run_id = :ended AND message_order = :order"
"""The thread's last run has ended, and nothing was added since it was read."""

BY_TENANT = Index("threads_by_tenant", "thread_of_tenant", "thread_id")
BY_USER = Index("threads_by_user", "thread_of_user", "thread_id")


def since_end(thread: Thread) -> Item:
    """Returns the values of SINCE_END."""
    return {":ended": thread.ended_run_id, ":order": thread.stored_order}


class Threads:
    """The threads of all tenants, and the current thread of each user and purpose."""

    def __init__(self, table: Table, messages: Messages) -> None:
        self._table = table
        self._messages = messages

    def get(self, tenant: str, thread_id: str) -> Thread | None:
        """Returns the thread; None if it is missing or expired."""
        item = self._table.get(keys.thread(tenant, thread_id))
        return read_thread(item) if item else None

    def expired(self, tenant: str, thread_ids: Collection[str]) -> set[str]:
        """Returns those of the ids whose threads are missing or expired."""
        found = self._table.get_many([keys.thread(tenant, each) for each in set(thread_ids)])
        return set(thread_ids) - {item["thread_id"] for item in found}

    def read(self, item: Item) -> Thread:
        """Returns the thread that the old or new image of a stream record holds."""
        return read_thread(item)

    def create(self, thread: Thread, messages: Sequence[Message]) -> None:
        """Stores a thread with its first messages, all or nothing."""
        writes = [Write(item=thread_item(thread), condition="attribute_not_exists(pk)")]
        writes += [self._messages.writing(message) for message in messages]
        if len(writes) == 1:
            self._table.write(writes[0])
        else:
            self._table.transact(writes)

    def create_for_user(self, thread: Thread, *, instead_of: str | None) -> bool:
        """Stores the thread as the current one of its user and purpose.

        `instead_of` is the id that `pointed_to` returned. Returns False if a concurrent call has
        replaced it.
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
        stored = Write(item=thread_item(thread), condition="attribute_not_exists(pk)")
        try:
            self._table.transact([stored, pointer])
        except WriteRefusedError:
            return False
        return True

    def pointed_to(self, tenant: str, user_id: str, purpose: str) -> str | None:
        """Returns the id that is recorded for the user and purpose, also of an expired thread."""
        pointer = self._table.get(keys.purpose(tenant, user_id, purpose))
        return pointer["thread_id"] if pointer else None

    def find_for_user(self, tenant: str, user_id: str, purpose: str) -> Thread | None:
        """Returns the current thread of the user and purpose; None if it is missing or expired."""
        thread_id = self.pointed_to(tenant, user_id, purpose)
        return self.get(tenant, thread_id) if thread_id else None

    def touch(self, tenant: str, thread_id: str) -> Thread | None:
        """Moves last activity and expiry forward; returns None if the thread is missing."""
        try:
            return read_thread(self._table.write(self._touching(tenant, thread_id)))
        except WriteRefusedError:
            return None

    def admit_message(self, thread: Thread) -> Thread:
        """Reserves the next position for a message and returns the thread with it.

        `thread` is as `Runs.thread` returned it. Raises WriteRefusedError if the thread is missing,
        or a run has become active.
        """
        if thread.ended_run_id is None:
            write = self._touching(
                thread.tenant,
                thread.id,
                add={"message_order": 1},
                also="attribute_not_exists(active_run_id)",
            )
        else:
            now = int(self._table.now())
            write = Write(
                key=keys.thread(thread.tenant, thread.id),
                assign={
                    "message_order": thread.message_order + 1,
                    "last_activity": now,
                    "expires_at": Expression("ttl_seconds + :now"),
                },
                remove=("active_run_id",),
                condition=f"{ALIVE} AND {SINCE_END}",
                values={":now": now, **since_end(thread)},
            )
        return read_thread(self._table.write(write))

    def change(self, tenant: str, thread_id: str, **attributes: object) -> Thread | None:
        """Sets metadata, tool resources or both; returns None if the thread is missing."""
        stored = {name: stored_text(value) for name, value in attributes.items()}
        write = Write(
            key=keys.thread(tenant, thread_id),
            assign={name: text for name, text in stored.items() if text is not None},
            remove=[name for name, text in stored.items() if text is None],
            condition=ALIVE,
            values={":now": int(self._table.now())},
        )
        try:
            return read_thread(self._table.write(write))
        except WriteRefusedError:
            return None

    def set_resources(self, thread: Thread, resources: ToolResources | None) -> bool:
        """Sets the tool resources; False if they were changed since, or the thread is missing."""
        old, new = stored_text(thread.tool_resources), stored_text(resources)
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
        """Records the code interpreter container that the thread's next run continues in."""
        self._table.write(
            Write(
                key=keys.thread(tenant, thread_id),
                assign={"container_id": container_id} if container_id else {},
                remove=() if container_id else ("container_id",),
                condition="attribute_exists(pk)",
            )
        )

    def delete(self, tenant: str, thread_id: str) -> bool:
        """Deletes the thread; False if it is missing. clean_up_thread removes its contents."""
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
        """Returns a page of the tenant's threads, or of one user's, that pass the search."""
        at, owner = BY_TENANT, tenant
        if user_id is not None:
            at, owner = BY_USER, keys.user(tenant, user_id)
        return search_page(self._table, at, owner, request, search)

    def setting_active_run(self, thread: Thread, run_id: str, *, order: int) -> Write:
        """Returns the write that makes a run the active one, if nothing was written since.

        `thread` is as `Runs.thread` returned it.
        """
        now = int(self._table.now())
        values: Item = {":now": now, ":order": thread.message_order}
        free = "attribute_not_exists(active_run_id) AND message_order = :order"
        if thread.ended_run_id is not None:
            values, free = {":now": now, **since_end(thread)}, SINCE_END
        return Write(
            key=keys.thread(thread.tenant, thread.id),
            assign={
                "active_run_id": run_id,
                "message_order": order,
                "last_activity": now,
                "expires_at": Expression("ttl_seconds + :now"),
            },
            condition=f"{ALIVE} AND {free}",
            values=values,
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
