"""The HTTP operations on vector stores, their files and their batches."""

from local.provider.checks import ARRAY, OBJECT, STRING, Parameter
from local.provider.vector_stores.store import VectorStores
from local.provider.web import on_objects, operations

_NEW_STORE = {"name": STRING, "file_ids": ARRAY, "metadata": OBJECT, "expires_after": OBJECT}
_CHANGES = {"name": STRING, "metadata": OBJECT, "expires_after": OBJECT}
_QUERY = {
    "query": Parameter("one of a string or array", required=True),
    "max_num_results": Parameter("an integer", least=1, most=50),
    "filters": OBJECT,
}
_NEW_FILE = {"file_id": Parameter("a string", required=True), "attributes": OBJECT}
_FILE, _BATCH = "/<store_id>/files/<file_id>", "/<store_id>/file_batches/<batch_id>"

routes = operations(
    "/vector_stores",
    lambda provider: provider.vector_stores,
    {
        **on_objects(VectorStores),
        "POST ": (VectorStores.create, _NEW_STORE),
        "POST /<store_id>": (VectorStores.modify, _CHANGES),
        "POST /<store_id>/search": (VectorStores.answer_search, _QUERY),
        "POST /<store_id>/files": (VectorStores.attach, _NEW_FILE),
        "GET /<store_id>/files": VectorStores.files_of,
        f"GET {_FILE}": VectorStores.file,
        f"POST {_FILE}": (VectorStores.modify_file, {"attributes": OBJECT}),
        f"DELETE {_FILE}": VectorStores.detach,
        f"GET {_FILE}/content": VectorStores.content,
        "POST /<store_id>/file_batches": (
            VectorStores.create_batch,
            {"file_ids": ARRAY, "files": ARRAY},
        ),
        f"GET {_BATCH}": VectorStores.batch,
        f"POST {_BATCH}/cancel": VectorStores.cancel_batch,
        f"GET {_BATCH}/files": VectorStores.files_of_batch,
    },
)
