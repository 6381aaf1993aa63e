"""`/vector_stores/{vector_store_id}/file_batches`"""

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from understudy.domain.base import Json
from understudy.domain.vector_stores import NewFileBatch, VectorStore
from understudy.errors import InvalidRequestError
from understudy.http.frame import Request, answer

from .store_files import attach, file_page
from .vector_stores import call, find

router = Router()


def shown(store: VectorStore, body: Json) -> Json:
    """Returns the provider's batch with our id of its vector store."""
    return body | {"vector_store_id": store.id}


@router.post("/vector_stores/<store_id>/file_batches")
def create_file_batch(store_id: str) -> Response[str]:
    request = Request(router)
    store = find(request, store_id)
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
    return answer(shown(store, call(request, store, "POST", "/file_batches", wanted)))


@router.get("/vector_stores/<store_id>/file_batches/<batch_id>")
def retrieve_file_batch(store_id: str, batch_id: str) -> Response[str]:
    request = Request(router)
    store = find(request, store_id)
    return answer(shown(store, call(request, store, "GET", f"/file_batches/{_safe(batch_id)}")))


@router.post("/vector_stores/<store_id>/file_batches/<batch_id>/cancel")
def cancel_file_batch(store_id: str, batch_id: str) -> Response[str]:
    request = Request(router)
    store = find(request, store_id)
    path = f"/file_batches/{_safe(batch_id)}/cancel"
    return answer(shown(store, call(request, store, "POST", path)))


@router.get("/vector_stores/<store_id>/file_batches/<batch_id>/files")
def list_files_in_file_batch(store_id: str, batch_id: str) -> Response[str]:
    request = Request(router)
    store = find(request, store_id)
    return file_page(request, store, f"/file_batches/{_safe(batch_id)}/files")


def _safe(batch_id: str) -> str:
    """Returns the id for a path at the provider, where `..` or `/` would lead to other objects.

    Raises InvalidRequestError.
    """
    if not batch_id.replace("_", "").isalnum() or not batch_id.isascii():
        raise InvalidRequestError(f"Invalid 'batch_id': '{batch_id[:64]}'.", param="batch_id")
    return batch_id
