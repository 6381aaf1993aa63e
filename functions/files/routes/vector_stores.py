"""`/vector_stores`"""

from concurrent.futures import ThreadPoolExecutor

from understudy.domain.base import Json
from understudy.domain.lists import PageRequest
from understudy.domain.vector_stores import NewStore, StoreChange, StoreSearch, VectorStore
from understudy.errors import NotFoundError, ProviderNotFoundError, not_found
from understudy.files.provider_ids import provider_file_ids
from understudy.files.vector_stores import (
    ensure_created,
    register_vector_store,
    remove_vector_store,
)
from understudy.http.objects.lists import DeletedObject, ListOf, list_of
from understudy.http.objects.vector_stores import (
    ResultPage,
    VectorStoreObject,
    expired_vector_store_object,
    result_page,
    vector_store_object,
)
from understudy.http.request import Request
from understudy.http.routes import Routes

from ..visible import VisibleFiles

route = Routes()

WORKERS = 8
"""How many vector stores of a page are requested from the provider at the same time."""


def find_vector_store(request: Request, vector_store_id: str) -> VectorStore:
    """Returns the tenant's vector store. Raises NotFoundError."""
    store = _visible(request).vector_store(request.tenant, vector_store_id)
    if store is None:
        raise not_found("vector store", vector_store_id)
    return store


def _visible(request: Request) -> VisibleFiles:
    services = request.services
    return VisibleFiles(services.files, services.vector_stores, services.threads)


def call(
    request: Request,
    store: VectorStore,
    method: str,
    path: str,
    body: Json | None = None,
    query: Json | None = None,
) -> Json:
    """Sends the provider a request below the vector store.

    Raises NotFoundError if the provider has no such object.
    """
    services = request.services
    provider_id = ensure_created(
        services.vector_stores, services.files, services.provider_vector_stores, store
    )
    try:
        return services.provider_vector_stores.call(method, f"/{provider_id}{path}", body, query)
    except ProviderNotFoundError as error:
        raise not_found("vector store", store.id) from error


@route("createVectorStore")
def create_vector_store(request: Request) -> VectorStoreObject:
    body = request.body(NewStore)
    services = request.services
    provider_file_ids(services.files, request.tenant, body.file_ids)
    store = register_vector_store(
        services.vector_stores,
        services.file_uses,
        services.now,
        tenant=request.tenant,
        creation_request=body.model_dump(exclude_none=True),
    )
    return vector_store_object(store, call(request, store, "GET", ""))


@route("listVectorStores")
def list_vector_stores(request: Request) -> ListOf[VectorStoreObject]:
    page = request.services.vector_stores.page(request.tenant, request.query(PageRequest))
    visible = _visible(request).vector_stores_among(request.tenant, page.items)

    def retrieved(store: VectorStore) -> VectorStoreObject:
        try:
            return vector_store_object(store, call(request, store, "GET", ""))
        except NotFoundError:
            return expired_vector_store_object(store)

    with ThreadPoolExecutor(WORKERS) as pool:
        stores = list(pool.map(retrieved, visible))
    return list_of(stores, has_more=page.has_more)


@route("getVectorStore")
def retrieve_vector_store(request: Request, vector_store_id: str) -> VectorStoreObject:
    store = find_vector_store(request, vector_store_id)
    return vector_store_object(store, call(request, store, "GET", ""))


@route("modifyVectorStore")
def modify_vector_store(request: Request, vector_store_id: str) -> VectorStoreObject:
    store = find_vector_store(request, vector_store_id)
    body = request.body(StoreChange).model_dump(exclude_unset=True)
    return vector_store_object(store, call(request, store, "POST", "", body))


@route("deleteVectorStore")
def delete_vector_store(request: Request, vector_store_id: str) -> DeletedObject:
    services = request.services
    remove_vector_store(
        services.vector_stores,
        services.file_uses,
        services.provider_vector_stores,
        find_vector_store(request, vector_store_id),
    )
    return {"id": vector_store_id, "object": "vector_store.deleted", "deleted": True}


@route("searchVectorStore")
def search_vector_store(request: Request, vector_store_id: str) -> ResultPage:
    store = find_vector_store(request, vector_store_id)
    body = request.body(StoreSearch).model_dump(exclude_none=True)
    found = call(request, store, "POST", "/search", body)
    owners = request.services.files.owners([each["file_id"] for each in found["data"]])
    data = [
        each | {"file_id": owners[each["file_id"]][1]}
        for each in found["data"]
        if owners.get(each["file_id"], ("", ""))[0] == request.tenant
    ]
    return result_page(found | {"data": data})
