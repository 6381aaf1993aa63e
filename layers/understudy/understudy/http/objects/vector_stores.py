"""Vector stores: the provider's objects, under the deployment's ids."""

from typing import Any, Literal, NotRequired, cast

from typing_extensions import TypedDict

from understudy.domain.base import Json
from understudy.domain.vector_stores import VectorStore


class FileCounts(TypedDict):
    in_progress: int
    completed: int
    failed: int
    cancelled: int
    total: int


class VectorStoreObject(TypedDict):
    """A vector store; the provider may add keys."""

    id: str
    object: Literal["vector_store"]
    created_at: int
    name: str
    usage_bytes: int
    file_counts: FileCounts
    status: Literal["expired", "in_progress", "completed"]
    expires_after: NotRequired[Json]
    expires_at: int | None
    last_active_at: int | None
    metadata: dict[str, str] | None


def vector_store_object(store: VectorStore, body: Json) -> VectorStoreObject:
    """Returns the provider's object under the deployment's id, without nulls that have no type."""
    body = {k: v for k, v in body.items() if v is not None or k not in ("expires_after", "name")}
    own = {"id": store.id, "created_at": store.created_at, "name": body.get("name") or ""}
    return cast(VectorStoreObject, body | own)


def expired_vector_store_object(store: VectorStore) -> VectorStoreObject:
    """Returns a vector store that the provider has deleted."""
    return {
        "id": store.id,
        "object": "vector_store",
        "created_at": store.created_at,
        "name": "",
        "usage_bytes": 0,
        "file_counts": {"in_progress": 0, "completed": 0, "failed": 0, "cancelled": 0, "total": 0},
        "status": "expired",
        "expires_at": None,
        "last_active_at": None,
        "metadata": {},
    }


FileState = Literal["in_progress", "completed", "cancelled", "failed"]


class VectorStoreFileObject(TypedDict):
    """A file of a vector store; the provider may add keys."""

    id: str
    object: Literal["vector_store.file"]
    vector_store_id: str
    status: FileState


class VectorStoreFileBatchObject(TypedDict):
    """Files that were put into a vector store together."""

    id: str
    object: Literal["vector_store.files_batch"]
    vector_store_id: str
    status: FileState
    file_counts: FileCounts


class ResultPage(TypedDict):
    """The content of a file in a vector store, or the results of a search."""

    object: str
    data: list[dict[str, Any]]
    has_more: bool


def vector_store_file_object(store: VectorStore, file_id: str, body: Json) -> VectorStoreFileObject:
    """Returns the provider's object under the deployment's ids."""
    return cast(VectorStoreFileObject, body | {"id": file_id, "vector_store_id": store.id})


def file_batch_object(store: VectorStore, body: Json) -> VectorStoreFileBatchObject:
    """Returns the provider's batch under the id of its vector store."""
    return cast(VectorStoreFileBatchObject, body | {"vector_store_id": store.id})


def result_page(body: Json) -> ResultPage:
    """Returns a page of the provider's results."""
    return cast(ResultPage, body)
