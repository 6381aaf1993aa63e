"""The account's vector stores: filled over time, searched, expired."""

from functools import partial
from typing import Any

from flask import request

from local.provider.account import Account, Objects
from local.provider.checks import Json, Parameter, check, check_metadata
from local.provider.errors import bad_request, not_found
from local.provider.files import FileStore, StoredFile
from local.provider.ids import hex_id
from local.provider.test_model.prompt import Passage
from local.provider.vector_stores.objects import DEFAULT_CHUNKING, Batch, IndexedFile, VectorStore
from local.provider.vector_stores.search import is_supported, passages_in, passes, scores

_OVERHEAD_BYTES = 1024
_BATCH_FILES = 2000
_DEFAULT_RESULTS = 10
_EXPIRY = {"days": Parameter("an integer", required=True, least=1)}
_UNSUPPORTED = {"code": "unsupported_file", "message": "The file type is not supported."}
_EMPTY = {
    "code": "invalid_file",
    "message": "The file could not be parsed because it is empty.",
}


class VectorStores(Objects[VectorStore]):
    """Vector stores by id, oldest first."""

    missing = "Vector store with id '{id}' not found."
    deleted_kind = "vector_store.deleted"

    def __init__(self, account: Account, files: FileStore) -> None:
        super().__init__(account)
        self._files = files

    def create(self, body: Json) -> VectorStore:
        """Create a store and start to index the given files. Raises the API's 400."""
        now, file_ids = self._clock.now(), body.get("file_ids") or []
        store = VectorStore(
            id=hex_id("vs", 32),
            name=body.get("name") or "",
            description=body.get("description"),
            created_at=now,
            last_active_at=now,
            expires_after=_checked_expiry(body.get("expires_after")),
            metadata=check_metadata(body.get("metadata")),
        )
        with self._changed:
            self._files.require(file_ids, "file_ids")
            self.add(store, name=store.name)
            for file_id in file_ids:
                self.attach(store.id, {**body, "file_id": file_id})
        return store

    def usable(self, store_id: str) -> VectorStore:
        """Return a store for use, which keeps it alive. Raises a 400 if it is expired."""
        store = self.get(store_id)
        if store.expired:
            raise bad_request(f"Vector store {store_id} is expired.", "vector_store_ids")
        store.last_active_at = self._clock.now()
        return store

    def modify(self, store_id: str, body: Json) -> VectorStore:
        """Change name, expiry or metadata."""
        with self._changed:
            store = self.get(store_id)
            store.name = body.get("name") or store.name
            if "metadata" in body:
                store.metadata = check_metadata(body["metadata"])
            if "expires_after" in body:
                store.expires_after = _checked_expiry(body["expires_after"])
            return store

    def attach(self, store_id: str, body: Json) -> IndexedFile:
        """Attach a file; it is indexed after a delay. Raises the API's 400 or 404."""
        with self._changed:
            store = self.usable(store_id)
            source = self._files.get(body["file_id"])
            chunking = body.get("chunking_strategy") or {}
            attached = IndexedFile(
                id=source.id,
                created_at=self._clock.now(),
                vector_store_id=store_id,
                attributes=body.get("attributes") or {},
                chunking_strategy=chunking if "static" in chunking else DEFAULT_CHUNKING,
            )
            store.files[source.id] = attached
            self._ledger.note(attached.kind, source.id, "created", vector_store_id=store_id)
        index = partial(self._index, attached, source)
        self._account.timers.later(self._account.speeds.indexing, index)
        return attached

    def files_of(self, store_id: str) -> list[IndexedFile]:
        """Return the attached files, of one status if the request names one."""
        return _of_status(self.get(store_id).files.values())

    def file(self, store_id: str, file_id: str) -> IndexedFile:
        """Return an attached file. Raises the API's 404."""
        with self._changed:
            if (file := self.get(store_id).files.get(file_id)) is not None:
                return file
        raise not_found(f"No file found with id '{file_id}' in vector store '{store_id}'.")

    def modify_file(self, store_id: str, file_id: str, body: Json) -> IndexedFile:
        """Replace the attributes of an attached file."""
        file = self.file(store_id, file_id)
        file.attributes = body.get("attributes") or {}
        return file

    def content(self, store_id: str, file_id: str) -> Json:
        """Return the text of an attached file in its passages."""
        passages = self.file(store_id, file_id).passages
        return {
            "object": "vector_store.file_content.page",
            "data": [{"type": "text", "text": passage} for passage in passages],
            "has_more": False,
            "next_page": None,
        }

    def detach(self, store_id: str, file_id: str) -> Json:
        """Remove a file from a store; the file itself stays."""
        with self._changed:
            file = self.file(store_id, file_id)
            del self._objects[store_id].files[file_id]
            self._ledger.note(file.kind, file_id, "deleted", vector_store_id=store_id)
        return {"id": file_id, "object": "vector_store.file.deleted", "deleted": True}

    def create_batch(self, store_id: str, body: Json) -> Batch:
        """Attach up to 2,000 files at once."""
        given = body.get("files") or [{**body, "file_id": i} for i in body.get("file_ids") or []]
        if not 0 < len(given) <= _BATCH_FILES:
            raise bad_request(f"Expected 1 to {_BATCH_FILES} files.", "file_ids")
        with self._changed:
            self._files.require([one.get("file_id", "") for one in given], "file_ids")
            batch = Batch(
                id=hex_id("vsfb", 32),
                created_at=self._clock.now(),
                vector_store_id=store_id,
                files=[self.attach(store_id, one) for one in given],
            )
            self._objects[store_id].batches[batch.id] = batch
            return batch

    def batch(self, store_id: str, batch_id: str) -> Batch:
        """Return a batch. Raises the API's 404."""
        with self._changed:
            if (batch := self.get(store_id).batches.get(batch_id)) is not None:
                return batch
        raise not_found(f"No file batch found with id '{batch_id}'.")

    def files_of_batch(self, store_id: str, batch_id: str) -> list[IndexedFile]:
        """Return the files of a batch, of one status if the request names one."""
        return _of_status(self.batch(store_id, batch_id).files)

    def cancel_batch(self, store_id: str, batch_id: str) -> Batch:
        """Stop indexing the files that are not indexed yet."""
        with self._changed:
            batch = self.batch(store_id, batch_id)
            waiting = [file for file in batch.files if file.status == "in_progress"]
            for file in waiting:
                file.status = "cancelled"
            batch.cancelled = batch.cancelled or bool(waiting)
            return batch

    def answer_search(self, store_id: str, body: Json) -> Json:
        """Return the page of results for a search request."""
        queries = body["query"] if isinstance(body["query"], list) else [body["query"]]
        limit = body.get("max_num_results") or _DEFAULT_RESULTS
        found = self.search(store_id, " ".join(queries), body.get("filters"))
        results = [
            {
                "file_id": passage.file_id,
                "filename": passage.filename,
                "score": passage.score,
                "attributes": self.file(store_id, passage.file_id).attributes,
                "content": [{"type": "text", "text": passage.text}],
            }
            for passage in found[:limit]
        ]
        return {
            "object": "vector_store.search_results.page",
            "search_query": queries,
            "data": results,
            "has_more": len(found) > limit,
            "next_page": None,
        }

    def search(self, store_id: str, query: str, condition: Json | None = None) -> list[Passage]:
        """Return the passages that share words with a query, best first."""
        with self._changed:
            held = [
                (file, source, passage)
                for file in self.usable(store_id).files.values()
                if file.status == "completed" and passes(file.attributes, condition)
                if (source := self._files.find(file.id)) is not None
                for passage in file.passages
            ]
        rated = zip(held, scores(query, [passage for _, _, passage in held]), strict=True)
        found = [
            Passage(file.id, source.filename, passage, score)
            for (file, source, passage), score in rated
            if score > 0
        ]
        return sorted(found, key=lambda passage: -passage.score)

    def _overdue(self, thing: VectorStore, now: int) -> bool:
        return not thing.expired and thing.expires_at is not None and thing.expires_at <= now

    def _expired(self, thing: VectorStore) -> None:
        thing.expired = True
        thing.files.clear()
        self._ledger.note(thing.kind, thing.id, "expired")

    def _index(self, attached: IndexedFile, source: StoredFile) -> None:
        supported = is_supported(source.filename)
        passages = passages_in(source) if supported and source.path.exists() else []
        with self._changed:
            if attached.status != "in_progress":
                return
            attached.passages = passages
            attached.status = "completed" if passages else "failed"
            attached.usage_bytes = source.bytes + _OVERHEAD_BYTES if passages else 0
            if not passages:
                attached.last_error = _EMPTY if supported else _UNSUPPORTED
            self._changed.notify_all()


def _of_status(files: Any) -> list[IndexedFile]:
    status = request.args.get("filter")
    return [file for file in files if status in (None, file.status)]


def _checked_expiry(given: Any) -> Json | None:
    if given is None:
        return None
    check(given, _EXPIRY, "expires_after")
    return {"anchor": "last_active_at", "days": given["days"]}
