"""`/vector_stores/{vector_store_id}/files`"""

from understudy.domain.base import Json
from understudy.domain.files import File
from understudy.domain.vector_stores import NewStoreFile, StoreFileChange, VectorStore
from understudy.errors import NotFoundError, ProviderNotFoundError
from understudy.files.provider_ids import provider_file_ids
from understudy.http.objects.lists import DeletedObject, ListOf, list_of
from understudy.http.objects.vector_stores import (
    ResultPage,
    VectorStoreFileObject,
    result_page,
    vector_store_file_object,
)
from understudy.http.queries import StoreFilePage
from understudy.http.request import Request
from understudy.http.routes import Routes

from .vector_stores import call, find_vector_store

route = Routes()


def attach(request: Request, store: VectorStore, file_ids: list[str]) -> dict[str, str]:
    """Records that the vector store has the files; returns the provider's ids of them.

    Raises NotFoundError for a file that the tenant does not have.
    """
    known = provider_file_ids(request.services.files, request.tenant, file_ids)
    uses = {each: ["file_search"] for each in known}
    request.services.file_uses.add(request.tenant, store.id, uses)
    return known


def shown(request: Request, store: VectorStore, bodies: list[Json]) -> list[VectorStoreFileObject]:
    """Returns the provider's objects under the deployment's ids, without files of other tenants."""
    owners = request.services.files.owners([body["id"] for body in bodies])
    return [
        vector_store_file_object(store, owners[body["id"]][1], body)
        for body in bodies
        if owners.get(body["id"], ("", ""))[0] == request.tenant
    ]


def file_page(request: Request, store: VectorStore, path: str) -> ListOf[VectorStoreFileObject]:
    """Returns a page of the provider's list, under the deployment's ids."""
    wanted = request.query(StoreFilePage)
    query: Json = {"limit": wanted.limit, "order": wanted.order}
    for name in ("after", "before"):
        cursor = getattr(wanted, name)
        if cursor is not None:
            known = provider_file_ids(request.services.files, request.tenant, [cursor])
            query[name] = known[cursor]
    if wanted.filter is not None:
        query["filter"] = wanted.filter
    found = call(request, store, "GET", path, query=query)
    files = shown(request, store, found["data"])
    return list_of(files, has_more=bool(found.get("has_more")))


def find_file(request: Request, file_id: str) -> tuple[File, str]:
    """Returns the tenant's file and the provider's id of it. Raises NotFoundError."""
    file = request.services.files.get(request.tenant, file_id)
    if file is None or file.provider_id is None:
        raise missing(file_id)
    return file, file.provider_id


def missing(file_id: str) -> NotFoundError:
    """Returns the error for a file that is not in the vector store."""
    return NotFoundError(f"No file found with id '{file_id}' in vector store.")


@route("createVectorStoreFile")
def attach_file(request: Request, vector_store_id: str) -> VectorStoreFileObject:
    store = find_vector_store(request, vector_store_id)
    body = request.body(NewStoreFile)
    known = attach(request, store, [body.file_id])
    wanted = body.model_dump(exclude_none=True) | {"file_id": known[body.file_id]}
    made = call(request, store, "POST", "/files", wanted)
    return shown(request, store, [made])[0]


@route("listVectorStoreFiles")
def list_attached_files(request: Request, vector_store_id: str) -> ListOf[VectorStoreFileObject]:
    return file_page(request, find_vector_store(request, vector_store_id), "/files")


@route("getVectorStoreFile")
def retrieve_attached_file(
    request: Request, vector_store_id: str, file_id: str
) -> VectorStoreFileObject:
    return _on_file(request, vector_store_id, file_id, "GET")


@route("updateVectorStoreFileAttributes")
def modify_attached_file(
    request: Request, vector_store_id: str, file_id: str
) -> VectorStoreFileObject:
    body = request.body(StoreFileChange).model_dump()
    return _on_file(request, vector_store_id, file_id, "POST", body)


@route("deleteVectorStoreFile")
def detach_file(request: Request, vector_store_id: str, file_id: str) -> DeletedObject:
    store = find_vector_store(request, vector_store_id)
    _, provider_id = find_file(request, file_id)
    _call_file(request, store, file_id, "DELETE", f"/files/{provider_id}")
    request.services.file_uses.release(request.tenant, store.id, file_id)
    return {"id": file_id, "object": "vector_store.file.deleted", "deleted": True}


@route("retrieveVectorStoreFileContent")
def retrieve_attached_file_content(
    request: Request, vector_store_id: str, file_id: str
) -> ResultPage:
    store = find_vector_store(request, vector_store_id)
    _, provider_id = find_file(request, file_id)
    path = f"/files/{provider_id}/content"
    return result_page(_call_file(request, store, file_id, "GET", path))


def _on_file(
    request: Request,
    vector_store_id: str,
    file_id: str,
    method: str,
    body: Json | None = None,
) -> VectorStoreFileObject:
    store = find_vector_store(request, vector_store_id)
    _, provider_id = find_file(request, file_id)
    found = _call_file(request, store, file_id, method, f"/files/{provider_id}", body)
    return shown(request, store, [found])[0]


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
