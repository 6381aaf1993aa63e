"""The HTTP operations on vector stores, their files and their batches."""

from collections.abc import Iterable

from flask import request

from local.provider.checks import Json, check_range, require
from local.provider.vector_stores.objects import IndexedFile
from local.provider.web import json_object, listed, object_routes, provider, serve

routes = object_routes("vector_store.deleted", "/vector_stores", "vector_stores")

_MAX_RESULTS = 50


def _search(store_id: str) -> Json:
    body = json_object()
    require(body, "query")
    queries = body["query"] if isinstance(body["query"], list) else [body["query"]]
    limit = body.get("max_num_results") or 10
    check_range("max_num_results", limit, 1, _MAX_RESULTS)
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


def _modify_file(store_id: str, file_id: str) -> IndexedFile:
    file = provider.vector_stores.file(store_id, file_id)
    file.attributes = json_object().get("attributes") or {}
    return file


def _detach(store_id: str, file_id: str) -> Json:
    provider.vector_stores.detach(store_id, file_id)
    return {"id": file_id, "object": "vector_store.file.deleted", "deleted": True}


def _content(store_id: str, file_id: str) -> Json:
    passages = provider.vector_stores.file(store_id, file_id).passages
    return {
        "object": "vector_store.file_content.page",
        "data": [{"type": "text", "text": passage} for passage in passages],
        "has_more": False,
        "next_page": None,
    }


def _files(files: Iterable[IndexedFile]) -> Json:
    status = request.args.get("filter")
    return listed(file for file in files if status in (None, file.status))


_BATCH = "/<store_id>/file_batches/<batch_id>"

serve(
    routes,
    {
        "POST ": lambda: provider.vector_stores.create(json_object()),
        "POST /<store_id>": lambda store_id: provider.vector_stores.modify(store_id, json_object()),
        "POST /<store_id>/search": _search,
        "POST /<store_id>/files": lambda store_id: provider.vector_stores.attach(
            store_id, json_object()
        ),
        "GET /<store_id>/files": lambda store_id: _files(
            provider.vector_stores.get(store_id).files.values()
        ),
        "GET /<store_id>/files/<file_id>": lambda **ids: provider.vector_stores.file(**ids),
        "POST /<store_id>/files/<file_id>": _modify_file,
        "DELETE /<store_id>/files/<file_id>": _detach,
        "GET /<store_id>/files/<file_id>/content": _content,
        "POST /<store_id>/file_batches": lambda store_id: provider.vector_stores.create_batch(
            store_id, json_object()
        ),
        f"GET {_BATCH}": lambda **ids: provider.vector_stores.batch(**ids),
        f"POST {_BATCH}/cancel": lambda **ids: provider.vector_stores.cancel_batch(**ids),
        f"GET {_BATCH}/files": lambda **ids: _files(provider.vector_stores.batch(**ids).files),
    },
)
