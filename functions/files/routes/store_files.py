"""`/vector_stores/{vector_store_id}/files`"""

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from understudy.domain.base import Json
from understudy.domain.files import File
from understudy.domain.lists import as_list
from understudy.domain.vector_stores import NewStoreFile, StoreFileChange, VectorStore
from understudy.errors import NotFoundError, ProviderNotFoundError
from understudy.files.provider_ids import provider_file_ids
from understudy.http.frame import Request, answer

from .vector_stores import call, find

router = Router()

FILTER = "filter"


def attach(request: Request, store: VectorStore, file_ids: list[str]) -> dict[str, str]:
    """Records that the vector store has the files, and returns the provider's ids of them.

    Raises NotFoundError for a file that the tenant does not have.
    """
    known = provider_file_ids(request.services.files, request.tenant, file_ids)
    uses = {each: ["file_search"] for each in known}
    request.services.file_uses.add(request.tenant, store.id, uses)
    return known


def renamed(request: Request, store: VectorStore, bodies: list[Json]) -> list[Json]:
    """Returns the provider's objects with our ids, without files of other tenants."""
    owners = request.services.files.owners([body["id"] for body in bodies])
    return [
        body | {"id": owners[body["id"]][1], "vector_store_id": store.id}
        for body in bodies
        if owners.get(body["id"], ("", ""))[0] == request.tenant
    ]


def file_page(request: Request, store: VectorStore, path: str) -> Response[str]:
    """Returns a page of the provider's list; cursors are our ids too."""
    wanted = request.page()
    query: Json = {"limit": wanted.limit, "order": wanted.order}
    for name in ("after", "before"):
        cursor = getattr(wanted, name)
        if cursor is not None:
            known = provider_file_ids(request.services.files, request.tenant, [cursor])
            query[name] = known[cursor]
    if status := request.query(FILTER):
        query[FILTER] = status
    found = call(request, store, "GET", path, query=query)
    shown = renamed(request, store, found["data"])
    return answer(as_list(shown, has_more=bool(found.get("has_more"))))


def find_file(request: Request, file_id: str) -> tuple[File, str]:
    """Returns the tenant's file and the provider's id of it. Raises NotFoundError."""
    file = request.services.files.get(request.tenant, file_id)
    if file is None or file.provider_id is None:
        raise missing(file_id)
    return file, file.provider_id


def missing(file_id: str) -> NotFoundError:
    """Returns OpenAI's error for a file that is not in the vector store."""
    return NotFoundError(f"No file found with id '{file_id}' in vector store.")


@router.post("/vector_stores/<store_id>/files")
def attach_file(store_id: str) -> Response[str]:
    request = Request(router)
    store = find(request, store_id)
    body = request.body(NewStoreFile)
    known = attach(request, store, [body.file_id])
    wanted = body.model_dump(exclude_none=True) | {"file_id": known[body.file_id]}
    made = call(request, store, "POST", "/files", wanted)
    return answer(renamed(request, store, [made])[0])


@router.get("/vector_stores/<store_id>/files")
def list_attached_files(store_id: str) -> Response[str]:
    request = Request(router)
    return file_page(request, find(request, store_id), "/files")


@router.get("/vector_stores/<store_id>/files/<file_id>")
def retrieve_attached_file(store_id: str, file_id: str) -> Response[str]:
    return _on_file(store_id, file_id, "GET")


@router.post("/vector_stores/<store_id>/files/<file_id>")
def modify_attached_file(store_id: str, file_id: str) -> Response[str]:
    body = Request(router).body(StoreFileChange).model_dump()
    return _on_file(store_id, file_id, "POST", body)


@router.delete("/vector_stores/<store_id>/files/<file_id>")
def detach_file(store_id: str, file_id: str) -> Response[str]:
    request = Request(router)
    store = find(request, store_id)
    _, provider_id = find_file(request, file_id)
    _call_file(request, store, file_id, "DELETE", f"/files/{provider_id}")
    request.services.file_uses.release(request.tenant, store.id, file_id)
    return answer({"id": file_id, "object": "vector_store.file.deleted", "deleted": True})


@router.get("/vector_stores/<store_id>/files/<file_id>/content")
def retrieve_attached_file_content(store_id: str, file_id: str) -> Response[str]:
    request = Request(router)
    store = find(request, store_id)
    _, provider_id = find_file(request, file_id)
    path = f"/files/{provider_id}/content"
    return answer(_call_file(request, store, file_id, "GET", path))


def _on_file(store_id: str, file_id: str, method: str, body: Json | None = None) -> Response[str]:
    request = Request(router)
    store = find(request, store_id)
    _, provider_id = find_file(request, file_id)
    found = _call_file(request, store, file_id, method, f"/files/{provider_id}", body)
    return answer(renamed(request, store, [found])[0])


def _call_file(
    request: Request,
    store: VectorStore,
    file_id: str,
    method: str,
    path: str,
    body: Json | None = None,
) -> Json:
    try:
        return call(request, store, method, path, body)
    except NotFoundError as error:
        if isinstance(error.__cause__, ProviderNotFoundError):
            raise missing(file_id) from error
        raise
