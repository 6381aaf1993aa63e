"""How a thread is stored as an item, and the condition that it still exists."""

import json

from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.table import Item, Key, Table, Write
from understudy.domain.threads import Thread
from understudy.domain.tools import ToolResources

ALIVE = "attribute_exists(pk) AND expires_at > :now"
"""DynamoDB removes expired items hours or days later, so a condition has to check the expiry."""

NOT_AT_CREATION = {"id", "metadata", "tool_resources", "run_queue", "rolled_back"}
"""Fields of a thread that are stored in another form, or that no new thread has."""


def thread_item(thread: Thread) -> Item:
    """Returns the item of a thread."""
    item = thread.model_dump(exclude=NOT_AT_CREATION, exclude_none=True)
    item |= keys.thread(thread.tenant, thread.id)
    item |= {"thread_id": thread.id, "metadata": json.dumps(thread.metadata)}
    item["thread_of_tenant"] = thread.tenant
    resources = stored_text(thread.tool_resources)
    if resources is not None:
        item["tool_resources"] = resources
    if thread.user_id is not None:
        item["thread_of_user"] = keys.user(thread.tenant, thread.user_id)
    return item


def read_thread(item: Item) -> Thread:
    """Returns the thread that an item, or its image in a stream record, holds."""
    resources = item.get("tool_resources")
    known = {
        **item,
        "id": item["thread_id"],
        "metadata": json.loads(item.get("metadata") or "{}"),
        "tool_resources": json.loads(resources) if resources else None,
    }
    return Thread.model_validate(known)


def stored_text(value: object) -> str | None:
    """Returns metadata or tool resources as the text that is stored."""
    if isinstance(value, ToolResources):
        return value.model_dump_json(exclude_none=True)
    return None if value is None else json.dumps(value)


def live_child(table: Table, tenant: str, thread_id: str, key: Key) -> Item | None:
    """Returns an item below a thread; None if the item or the thread is missing or expired.

    Both are read in one request.
    """
    found = table.get_many([keys.thread(tenant, thread_id), key])
    return found[1] if len(found) == 2 else None


def thread_is_alive(table: Table, tenant: str, thread_id: str) -> Write:
    """Returns the part of a transaction that fails if the thread is missing or expired."""
    return Write(
        key=keys.thread(tenant, thread_id),
        check=True,
        condition=ALIVE,
        values={":now": int(table.now())},
    )
