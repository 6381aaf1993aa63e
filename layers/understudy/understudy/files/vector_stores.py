"""Vector stores: registered in the table, and created at the provider when first needed."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from understudy.domain.base import Json
from understudy.domain.ids import milliseconds, new_id
from understudy.domain.vector_stores import VectorStore
from understudy.errors import InvalidRequestError, NotFoundError
from understudy.ports import ProviderVectorStores

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.file_uses import FileUses
    from understudy.adapters.dynamodb.files import Files
    from understudy.adapters.dynamodb.vector_stores import VectorStores

UNKNOWN_VECTOR_STORE = "No vector store found with id '{}'."


def register_vector_store(
    vector_stores: "VectorStores",
    file_uses: "FileUses",
    now: Callable[[], float],
    *,
    tenant: str,
    creation_request: Json,
    thread_id: str | None = None,
    store_id: str | None = None,
) -> VectorStore:
    """Records a vector store and the uses of its files, and returns it.

    `creation_request` is the body for the provider, with our file ids. A vector store with a
    `thread_id` is removed with that thread. Raises NotFoundError for a file that the tenant does
    not have.
    """
    created_at = now()
    store = VectorStore(
        id=store_id or new_id("vs", order=milliseconds(created_at)),
        tenant=tenant,
        created_at=int(created_at),
        thread_id=thread_id,
        creation_request=creation_request,
    )
    file_ids = creation_request.get("file_ids") or []
    missing = file_uses.add(tenant, store.id, {each: ["file_search"] for each in file_ids})
    if missing:
        raise NotFoundError(f"No such File object: {missing[0]}", param="file_ids")
    vector_stores.put(store)
    return store


def ensure_created(
    vector_stores: "VectorStores",
    files: "Files",
    provider_vector_stores: ProviderVectorStores,
    store: VectorStore,
) -> str:
    """Returns the provider's id of the vector store, which is created there if needed.

    Files that were deleted since it was registered are left out. Of two concurrent callers one
    creates the vector store that stays; the other deletes its own.
    """
    if store.provider_id:
        return store.provider_id
    body = dict(store.creation_request or {})
    file_ids = body.pop("file_ids", None) or []
    found = files.get_many(store.tenant, file_ids)
    known = [file.provider_id for file in found.values() if file.provider_id]
    if known:
        body["file_ids"] = known
    created: str = provider_vector_stores.call("POST", "", body)["id"]
    if vector_stores.set_provider_id(store, created):
        return created
    provider_vector_stores.delete(created)
    stored = vector_stores.get(store.tenant, store.id)
    if stored is None or stored.provider_id is None:
        raise InvalidRequestError(UNKNOWN_VECTOR_STORE.format(store.id))
    return stored.provider_id


def remove_vector_store(
    vector_stores: "VectorStores",
    file_uses: "FileUses",
    provider_vector_stores: ProviderVectorStores,
    store: VectorStore,
) -> None:
    """Deletes the vector store and its uses of files; the files stay."""
    if store.provider_id:
        provider_vector_stores.delete(store.provider_id)
    for use in file_uses.of(store.tenant, store.id):
        file_uses.release(store.tenant, store.id, use.file_id)
    vector_stores.delete(store)
