"""`/vector_stores`"""

from concurrent.futures import ThreadPoolExecutor

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from understudy.domain.base import Json
from understudy.domain.lists import as_list
from understudy.domain.vector_stores import NewStore, StoreChange, StoreSearch, VectorStore
from understudy.errors import NotFoundError, ProviderNotFoundError
from understudy.files.provider_ids import provider_file_ids
from understudy.files.vector_stores import (
    ensure_created,
    register_vector_store,
    remove_vector_store,
)
from understudy.http.frame import Request, answer

from ..visible import VisibleFiles

router = Router()

WORKERS = 8
"""The number of concurrent requests to the provider for one list."""


def find(request: Request, store_id: str) -> VectorStore:
    """Returns the tenant's vector store. Raises NotFoundError."""
    store = _visible(request).vector_store(request.tenant, store_id)
    if store is None:
        raise missing(store_id)
    return store


def _visible(request: Request) -> VisibleFiles:
    services = request.services
    return VisibleFiles(services.files, services.vector_stores, services.threads)


def missing(store_id: str) -> NotFoundError:
    """Returns OpenAI's error for an unknown vector store."""
    return NotFoundError(f"No vector store found with id '{store_id}'.")


def call(
    request: Request,
    store: VectorStore,
    method: str,
    path: str,
    body: Json | None = None,
    query: Json | None = None,
) -> Json:
    """Sends a request below the vector store to the provider. Raises NotFoundError."""
    services = request.services
    provider_id = ensure_created(
        services.vector_stores, services.files, services.provider_vector_stores, store
    )
    try:
        return services.provider_vector_stores.call(method, f"/{provider_id}{path}", body, query)
    except ProviderNotFoundError as error:
        raise missing(store.id) from error


def shown(store: VectorStore, body: Json) -> Json:
    """Returns the provider's object with our id. Nulls that the SDKs reject are left out."""
    body = {k: v for k, v in body.items() if v is not None or k not in ("expires_after", "name")}
    return body | {"id": store.id, "created_at": store.created_at, "name": body.get("name") or ""}


@router.post("/vector_stores")
def create_vector_store() -> Response[str]:
    request = Request(router)
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
    return answer(shown(store, call(request, store, "GET", "")))


@router.get("/vector_stores")
def list_vector_stores() -> Response[str]:
    request = Request(router)
    page = request.services.vector_stores.page(request.tenant, request.page())

    visible = _visible(request).vector_stores_among(request.tenant, page.items)

    def current(store: VectorStore) -> Json:
        try:
            return shown(store, call(request, store, "GET", ""))
        except NotFoundError:
            return store.as_expired()

    with ThreadPoolExecutor(WORKERS) as pool:
        stores = list(pool.map(current, visible))
    return answer(as_list(stores, has_more=page.has_more))


@router.get("/vector_stores/<store_id>")
def retrieve_vector_store(store_id: str) -> Response[str]:
    request = Request(router)
    store = find(request, store_id)
    return answer(shown(store, call(request, store, "GET", "")))


@router.post("/vector_stores/<store_id>")
def modify_vector_store(store_id: str) -> Response[str]:
    request = Request(router)
    store = find(request, store_id)
    body = request.body(StoreChange).model_dump(exclude_unset=True)
    return answer(shown(store, call(request, store, "POST", "", body)))


@router.delete("/vector_stores/<store_id>")
def delete_vector_store(store_id: str) -> Response[str]:
    request = Request(router)
    services = request.services
    remove_vector_store(
        services.vector_stores,
        services.file_uses,
        services.provider_vector_stores,
        find(request, store_id),
    )
    return answer({"id": store_id, "object": "vector_store.deleted", "deleted": True})


@router.post("/vector_stores/<store_id>/search")
def search_vector_store(store_id: str) -> Response[str]:
    request = Request(router)
    store = find(request, store_id)
    body = request.body(StoreSearch).model_dump(exclude_none=True)
    found = call(request, store, "POST", "/search", body)
    owners = request.services.files.owners([each["file_id"] for each in found["data"]])
    data = [
        each | {"file_id": owners[each["file_id"]][1]}
        for each in found["data"]
        if owners.get(each["file_id"], ("", ""))[0] == request.tenant
    ]
    return answer(found | {"data": data})
