"""Vector stores: made at the provider when they are first needed."""

from understudy.domain.base import Json
from understudy.domain.ids import milliseconds, new_id
from understudy.domain.vector_stores import VectorStore
from understudy.errors import InvalidRequestError
from understudy.ports import Ports

UNKNOWN_STORE = "No vector store found with id '{}'."


def promise_store(
    ports: Ports,
    *,
    tenant: str,
    wanted: Json,
    thread_id: str | None = None,
    store_id: str | None = None,
) -> VectorStore:
    """Records a store that is made at the provider once somebody needs it.

    `wanted` is the body of a create, with file ids of ours. Raises InvalidRequestError for a file
    that the tenant does not have. A thread's store goes with the thread.
    """
    now = ports.now()
    store = VectorStore(
        id=store_id or new_id("vs", order=milliseconds(now)),
        tenant=tenant,
        created_at=int(now),
        thread_id=thread_id,
        wanted=wanted,
    )
    file_ids = wanted.get("file_ids") or []
    missing = ports.file_uses.add(tenant, store.id, {each: ["file_search"] for each in file_ids})
    if missing:
        raise InvalidRequestError(f"No such File object: {missing[0]}", param="file_ids")
    ports.vector_stores.put(store)
    return store


def open_store(ports: Ports, store: VectorStore) -> str:
    """What the provider calls the store, which is made now if it was only promised.

    Files that were deleted since then are left out.

    Of two callers at once one makes the store that stays; the other removes its own again.
    """
    if store.provider_id:
        return store.provider_id
    body = dict(store.wanted or {})
    file_ids = body.pop("file_ids", None) or []
    files = ports.files.get_many(store.tenant, file_ids)
    known = [file.provider_id for file in files.values() if file.provider_id]
    if known:
        body["file_ids"] = known
    made: str = ports.provider_vector_stores.call("POST", "", body)["id"]
    if ports.vector_stores.made(store, made):
        return made
    ports.provider_vector_stores.delete(made)
    stored = ports.vector_stores.get(store.tenant, store.id)
    if stored is None or stored.provider_id is None:
        raise InvalidRequestError(UNKNOWN_STORE.format(store.id))
    return stored.provider_id


def remove_store(ports: Ports, store: VectorStore) -> None:
    """Removes the store, and notes that it has no files any more; the files stay."""
    if store.provider_id:
        ports.provider_vector_stores.delete(store.provider_id)
    for use in ports.file_uses.of(store.tenant, store.id):
        ports.file_uses.release(store.tenant, store.id, use.file_id)
    ports.vector_stores.delete(store)
