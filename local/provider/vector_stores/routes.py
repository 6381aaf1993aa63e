"""The HTTP operations on vector stores, their files and their batches."""

from collections.abc import Iterable

from flask import request

from local.provider.checks import Json, check_range, page
from local.provider.errors import missing_parameter
from local.provider.vector_stores.objects import IndexedFile
from local.provider.web import json_object, object_routes, provider

routes = object_routes("vector_store.deleted", "/vector_stores", "vector_stores")

_MAX_RESULTS = 50


@routes.post("")
def create_vector_store() -> Json:
    """Create a vector store."""
    return provider.vector_stores.create(json_object()).rendered()


@routes.post("/<store_id>")
def modify_vector_store(store_id: str) -> Json:
    """Change a vector store."""
    return provider.vector_stores.modify(store_id, json_object()).rendered()


@routes.post("/<store_id>/search")
def search_vector_store(store_id: str) -> Json:
    """Search a vector store."""
    body = json_object()
    if not (query := body.get("query")):
        raise missing_parameter("query")
    queries = query if isinstance(query, list) else [query]
    limit = body.get("max_num_results") or 10
    check_range("max_num_results", limit, 1)
    check_range("max_num_results", limit, maximum=_MAX_RESULTS)
    threshold = (body.get("ranking_options") or {}).get("score_threshold") or 0.0
    stores = provider.vector_stores
    found = stores.search(store_id, " ".join(queries), body.get("filters"), threshold)
    return {
        "object": "vector_store.search_results.page",
        "search_query": queries,
        "data": [
            {
                "file_id": passage.file_id,
                "filename": passage.filename,
                "score": passage.score,
                "attributes": stores.file(store_id, passage.file_id).attributes,
                "content": [{"type": "text", "text": passage.text}],
            }
            for passage in found[:limit]
        ],
        "has_more": len(found) > limit,
        "next_page": None,
    }


@routes.post("/<store_id>/files")
def attach_file(store_id: str) -> Json:
    """Attach a file."""
    return provider.vector_stores.attach(store_id, json_object()).rendered()


@routes.get("/<store_id>/files")
def list_attached_files(store_id: str) -> Json:
    """List attached files, of one status if `filter` is given."""
    return _file_page(provider.vector_stores.get(store_id).files.values())


@routes.get("/<store_id>/files/<file_id>")
def retrieve_attached_file(store_id: str, file_id: str) -> Json:
    """Retrieve an attached file."""
    return provider.vector_stores.file(store_id, file_id).rendered()


@routes.post("/<store_id>/files/<file_id>")
def modify_attached_file(store_id: str, file_id: str) -> Json:
    """Change an attached file's attributes."""
    file = provider.vector_stores.file(store_id, file_id)
    file.attributes = json_object().get("attributes") or {}
    return file.rendered()


@routes.delete("/<store_id>/files/<file_id>")
def detach_file(store_id: str, file_id: str) -> Json:
    """Remove a file from a store."""
    provider.vector_stores.detach(store_id, file_id)
    return {"id": file_id, "object": "vector_store.file.deleted", "deleted": True}


@routes.get("/<store_id>/files/<file_id>/content")
def attached_file_content(store_id: str, file_id: str) -> Json:
    """Return the text of an attached file, in passages."""
    passages = provider.vector_stores.file(store_id, file_id).passages
    return {
        "object": "vector_store.file_content.page",
        "data": [{"type": "text", "text": passage} for passage in passages],
        "has_more": False,
        "next_page": None,
    }


@routes.post("/<store_id>/file_batches")
def create_batch(store_id: str) -> Json:
    """Attach many files."""
    return provider.vector_stores.create_batch(store_id, json_object()).rendered()


@routes.get("/<store_id>/file_batches/<batch_id>")
def retrieve_batch(store_id: str, batch_id: str) -> Json:
    """Retrieve a batch."""
    return provider.vector_stores.batch(store_id, batch_id).rendered()


@routes.post("/<store_id>/file_batches/<batch_id>/cancel")
def cancel_batch(store_id: str, batch_id: str) -> Json:
    """Cancel a batch."""
    return provider.vector_stores.cancel_batch(store_id, batch_id).rendered()


@routes.get("/<store_id>/file_batches/<batch_id>/files")
def list_batch_files(store_id: str, batch_id: str) -> Json:
    """List the files of a batch."""
    return _file_page(provider.vector_stores.batch(store_id, batch_id).files)


def _file_page(files: Iterable[IndexedFile]) -> Json:
    status = request.args.get("filter")
    return page([f.rendered() for f in files if status in (None, f.status)], request.args)
