"""The account's vector stores: filled over time, searched, expired."""

from functools import partial
from pathlib import Path
from typing import Any

from local.provider.account import Account, Objects
from local.provider.checks import Json, check_metadata, check_range, check_type, require
from local.provider.errors import bad_request, missing_parameter, not_found
from local.provider.files import FileStore, StoredFile
from local.provider.ids import hex_id
from local.provider.test_model.prompt import Passage
from local.provider.test_model.search import text_in
from local.provider.test_model.words import word_set
from local.provider.vector_stores.objects import DEFAULT_CHUNKING, Batch, IndexedFile, VectorStore
from local.provider.vector_stores.search import passages_of, passes, scores

_SUPPORTED = word_set(
    """.c .cpp .cs .css .doc .docx .go .html .java .js .json .md .pdf .php .pptx .py .rb .sh .tex
    .ts .txt"""
)
_INDEXED_BYTES = 4 * 1024 * 1024
_OVERHEAD_BYTES = 1024
_BATCH_FILES = 2000
_UNSUPPORTED = {"code": "unsupported_file", "message": "The file type is not supported."}
_EMPTY = {
    "code": "invalid_file",
    "message": "The file could not be parsed because it is empty.",
}


class VectorStores(Objects[VectorStore]):
    """Vector stores by id, oldest first."""

    kind = "vector_store"
    missing = "Vector store with id '{id}' not found."

    def __init__(self, account: Account, files: FileStore) -> None:
        super().__init__(account)
        self._files = files

    def create(self, body: Json) -> VectorStore:
        """Create a store and start to index the given files. Raises the API's 400."""
        now, file_ids = self._clock.seconds(), body.get("file_ids") or []
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
        store.last_active_at = self._clock.seconds()
        return store

    def modify(self, store_id: str, body: Json) -> VectorStore:
        """Change name, expiry or metadata."""
        with self._changed:
            store = self.get(store_id)
            if body.get("name") is not None:
                check_type("name", body["name"], "a string")
                store.name = body["name"]
            if "metadata" in body:
                store.metadata = check_metadata(body["metadata"])
            if "expires_after" in body:
                store.expires_after = _checked_expiry(body["expires_after"])
            return store

    def attach(self, store_id: str, body: Json) -> IndexedFile:
        """Attach a file; it is indexed after a delay. Raises the API's 400 or 404."""
        require(body, "file_id")
        with self._changed:
            store = self.usable(store_id)
            source = self._files.get(body["file_id"])
            chunking = body.get("chunking_strategy") or {}
            if chunking.get("type") != "static":
                chunking = DEFAULT_CHUNKING
            attached = IndexedFile(
                id=source.id,
                created_at=self._clock.seconds(),
                vector_store_id=store_id,
                attributes=body.get("attributes") or {},
                chunking_strategy=chunking,
            )
            store.files[source.id] = attached
            self._ledger.note("vector_store.file", source.id, "created", vector_store_id=store_id)
        index = partial(self._index, attached, source)
        self._account.timers.later(self._account.speeds.indexing, index)
        return attached

    def file(self, store_id: str, file_id: str) -> IndexedFile:
        """Return an attached file. Raises the API's 404."""
        with self._changed:
            if (file := self.get(store_id).files.get(file_id)) is not None:
                return file
        raise not_found(f"No file found with id '{file_id}' in vector store '{store_id}'.")

    def detach(self, store_id: str, file_id: str) -> None:
        """Remove a file from a store; the file itself stays."""
        with self._changed:
            self.file(store_id, file_id)
            del self._objects[store_id].files[file_id]
            self._ledger.note("vector_store.file", file_id, "deleted", vector_store_id=store_id)

    def create_batch(self, store_id: str, body: Json) -> Batch:
        """Attach up to 2,000 files at once."""
        given = body.get("files") or [{**body, "file_id": i} for i in body.get("file_ids") or []]
        if not given:
            raise missing_parameter("file_ids")
        if len(given) > _BATCH_FILES:
            raise bad_request(f"At most {_BATCH_FILES} files per batch.", "file_ids")
        with self._changed:
            self._files.require([one.get("file_id", "") for one in given], "file_ids")
            files = [self.attach(store_id, one) for one in given]
            now = self._clock.seconds()
            batch = Batch(
                id=hex_id("vsfb", 32), created_at=now, vector_store_id=store_id, files=files
            )
            self._objects[store_id].batches[batch.id] = batch
            return batch

    def batch(self, store_id: str, batch_id: str) -> Batch:
        """Return a batch. Raises the API's 404."""
        with self._changed:
            if (batch := self.get(store_id).batches.get(batch_id)) is not None:
                return batch
        raise not_found(f"No file batch found with id '{batch_id}'.")

    def cancel_batch(self, store_id: str, batch_id: str) -> Batch:
        """Stop indexing the files that are not indexed yet."""
        with self._changed:
            batch = self.batch(store_id, batch_id)
            waiting = [file for file in batch.files if file.status == "in_progress"]
            for file in waiting:
                file.status = "cancelled"
            batch.cancelled = batch.cancelled or bool(waiting)
            return batch

    def search(
        self, store_id: str, query: str, condition: Json | None = None, threshold: float = 0.0
    ) -> list[Passage]:
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
            if score > threshold
        ]
        return sorted(found, key=lambda passage: -passage.score)

    def _overdue(self, thing: VectorStore, now: float) -> bool:
        return not thing.expired and thing.expires_at is not None and thing.expires_at <= now

    def _expired(self, thing: VectorStore) -> None:
        thing.expired = True
        thing.files.clear()
        self._ledger.note("vector_store", thing.id, "expired")

    def _index(self, attached: IndexedFile, source: StoredFile) -> None:
        supported = Path(source.filename).suffix.lower() in _SUPPORTED
        passages = _passages(source) if supported and source.path.exists() else []
        with self._changed:
            if attached.status != "in_progress":
                return
            attached.passages = passages
            attached.status = "completed" if passages else "failed"
            attached.usage_bytes = source.bytes + _OVERHEAD_BYTES if passages else 0
            if not passages:
                attached.last_error = _EMPTY if supported else _UNSUPPORTED
            self._changed.notify_all()


def _passages(source: StoredFile) -> list[str]:
    with source.path.open("rb") as stored:
        return passages_of(text_in(source.filename, stored.read(_INDEXED_BYTES)))


def _checked_expiry(given: Any) -> Json | None:
    if given is None:
        return None
    check_type("expires_after", given, "an object")
    require(given, "days", under="expires_after.")
    check_range("expires_after.days", given["days"], 1)
    return {"anchor": "last_active_at", "days": given["days"]}
