"""`/vector_stores/{vector_store_id}/file_batches`"""

from understudy.domain.vector_stores import NewFileBatch
from understudy.errors import InvalidRequestError
from understudy.http.objects.lists import ListOf
from understudy.http.objects.vector_stores import (
    VectorStoreFileBatchObject,
    VectorStoreFileObject,
    file_batch_object,
)
from understudy.http.request import Request
from understudy.http.routes import Routes

from .store_files import attach, file_page
from .vector_stores import call, find_vector_store

route = Routes()


@route("createVectorStoreFileBatch")
def create_file_batch(request: Request, vector_store_id: str) -> VectorStoreFileBatchObject:
    store = find_vector_store(request, vector_store_id)
    body = request.body(NewFileBatch)
    if (body.file_ids is None) == (body.files is None):
        raise InvalidRequestError(
            "Give either 'file_ids' or 'files'.", param="file_ids", code="invalid_value"
        )
    named = body.file_ids or [file.file_id for file in body.files or []]
    known = attach(request, store, named)
    wanted = body.model_dump(exclude_none=True)
    if body.file_ids is not None:
        wanted["file_ids"] = [known[each] for each in named]
    else:
        wanted["files"] = [each | {"file_id": known[each["file_id"]]} for each in wanted["files"]]
    return file_batch_object(store, call(request, store, "POST", "/file_batches", wanted))


@route("getVectorStoreFileBatch")
def retrieve_file_batch(
    request: Request, vector_store_id: str, batch_id: str
) -> VectorStoreFileBatchObject:
    store = find_vector_store(request, vector_store_id)
    return file_batch_object(store, call(request, store, "GET", f"/file_batches/{_safe(batch_id)}"))


@route("cancelVectorStoreFileBatch")
def cancel_file_batch(
    request: Request, vector_store_id: str, batch_id: str
) -> VectorStoreFileBatchObject:
    store = find_vector_store(request, vector_store_id)
    path = f"/file_batches/{_safe(batch_id)}/cancel"
    return file_batch_object(store, call(request, store, "POST", path))


@route("listFilesInVectorStoreBatch")
def list_files_in_file_batch(
    request: Request, vector_store_id: str, batch_id: str
) -> ListOf[VectorStoreFileObject]:
    store = find_vector_store(request, vector_store_id)
    return file_page(request, store, f"/file_batches/{_safe(batch_id)}/files")


def _safe(batch_id: str) -> str:
    """Returns the id as part of a path at the provider.

    Raises InvalidRequestError for characters such as `..` or a slash, which could lead to another
    vector store.
    """
    if not batch_id.replace("_", "").isalnum() or not batch_id.isascii():
        raise InvalidRequestError(f"Invalid 'batch_id': '{batch_id[:64]}'.", param="batch_id")
    return batch_id
