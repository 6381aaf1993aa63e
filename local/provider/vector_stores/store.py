"""The account's vector stores: made, filled over time, searched, expired."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path
from typing import Any

from local.provider.brain.desk import Passage
from local.provider.checks import Json, check_metadata, check_minimum, check_type
from local.provider.clock import Clock
from local.provider.errors import bad_request, missing_parameter, not_found
from local.provider.files.store import FileStore
from local.provider.ids import hex_id
from local.provider.ledger import Ledger
from local.provider.options import Speeds
from local.provider.timers import Timers
from local.provider.vector_stores.objects import Batch, StoreFile, VectorStore
from local.provider.vector_stores.text import SUPPORTED, passages_of, passes, scores

_BATCH_FILES = 2000


class VectorStores:
    """Vector stores by id, oldest first."""

    def __init__(
        self,
        files: FileStore,
        timers: Timers,
        speeds: Speeds,
        ledger: Ledger,
        clock: Clock,
        changed: threading.Condition,
    ) -> None:
        self._files = files
        self._timers = timers
        self._speeds = speeds
        self._ledger = ledger
        self._clock = clock
        self._changed = changed
        self._stores: dict[str, VectorStore] = {}

    def create(self, body: Json) -> VectorStore:
        """Make a store and start indexing the given files."""
        now = self._clock.seconds()
        store = VectorStore(
            id=hex_id("vs", 32),
            name=body.get("name") or "",
            description=body.get("description"),
            created_at=now,
            last_active_at=now,
            expires_after=_checked_expiry(body.get("expires_after")),
            metadata=check_metadata(body.get("metadata")),
        )
        file_ids = body.get("file_ids") or []
        with self._changed:
            self._files.require(file_ids, "file_ids")
            self._stores[store.id] = store
            self._ledger.note("vector_store", store.id, "created", name=store.name)
            for file_id in file_ids:
                self.attach(store.id, {"file_id": file_id, **_chunking(body)})
        return store

    def get(self, store_id: str) -> VectorStore:
        """The store, expired or not, or the API's 404."""
        self.expire()
        with self._changed:
            if (store := self._stores.get(store_id)) is not None:
                return store
        raise not_found(f"Vector store with id '{store_id}' not found.")

    def usable(self, store_id: str) -> VectorStore:
        """The store, to be used, which keeps it alive. Raises a 400 when it is expired."""
        store = self.get(store_id)
        if store.expired:
            raise bad_request(f"Vector store {store_id} is expired.", "vector_store_ids")
        store.last_active_at = self._clock.seconds()
        return store

    def all(self) -> list[VectorStore]:
        """All stores, oldest first."""
        self.expire()
        with self._changed:
            return list(self._stores.values())

    def modify(self, store_id: str, body: Json) -> VectorStore:
        """Change name, expiry or metadata; a new expiry revives nothing."""
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

    def delete(self, store_id: str) -> None:
        """Remove a store; the files themselves stay."""
        with self._changed:
            self.get(store_id)
            del self._stores[store_id]
            self._ledger.note("vector_store", store_id, "deleted")

    def attach(self, store_id: str, body: Any) -> StoreFile:
        """Attach a file; it is indexed a moment later."""
        check_type("body", body, "an object")
        if not body.get("file_id"):
            raise missing_parameter("file_id")
        with self._changed:
            store = self.usable(store_id)
            source = self._files.get(body["file_id"])
            attached = StoreFile(
                file_id=source.id,
                store_id=store_id,
                created_at=self._clock.seconds(),
                attributes=body.get("attributes") or {},
                chunking=body.get("chunking_strategy"),
            )
            store.files[source.id] = attached
            self._ledger.note("vector_store.file", source.id, "created", vector_store_id=store_id)
        self._timers.later(
            self._speeds.indexing, partial(self._index, attached, source.path, source.filename)
        )
        return attached

    def file(self, store_id: str, file_id: str) -> StoreFile:
        """An attached file, or the API's 404."""
        with self._changed:
            if (file := self.get(store_id).files.get(file_id)) is not None:
                return file
        raise not_found(f"No file found with id '{file_id}' in vector store '{store_id}'.")

    def detach(self, store_id: str, file_id: str) -> None:
        """Take a file out of a store."""
        with self._changed:
            self.file(store_id, file_id)
            del self._stores[store_id].files[file_id]
            self._ledger.note("vector_store.file", file_id, "deleted", vector_store_id=store_id)

    def create_batch(self, store_id: str, body: Any) -> Batch:
        """Attach up to 2,000 files at once."""
        check_type("body", body, "an object")
        given = body.get("files") or [
            {"file_id": file_id, "attributes": body.get("attributes"), **_chunking(body)}
            for file_id in body.get("file_ids") or []
        ]
        if not given:
            raise missing_parameter("file_ids")
        if len(given) > _BATCH_FILES:
            raise bad_request(f"At most {_BATCH_FILES} files per batch.", "file_ids")
        with self._changed:
            self._files.require([one.get("file_id", "") for one in given], "file_ids")
            files = [self.attach(store_id, one) for one in given]
            batch = Batch(hex_id("vsfb", 32), store_id, self._clock.seconds(), files)
            self._stores[store_id].batches[batch.id] = batch
            return batch

    def batch(self, store_id: str, batch_id: str) -> Batch:
        """A batch, or the API's 404."""
        with self._changed:
            if (batch := self.get(store_id).batches.get(batch_id)) is not None:
                return batch
        raise not_found(f"No file batch found with id '{batch_id}'.")

    def cancel_batch(self, store_id: str, batch_id: str) -> Batch:
        """Stop indexing what is not indexed yet."""
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
        """The passages that share words with a query, best first; of files that still exist."""
        with self._changed:
            store = self.usable(store_id)
            held = [
                (file, source, passage)
                for file in store.files.values()
                if file.status == "completed" and passes(file.attributes, condition)
                if (source := self._files.find(file.file_id)) is not None
                for passage in file.passages
            ]
        rated = zip(held, scores(query, [passage for _, _, passage in held]), strict=True)
        found = [
            Passage(file.file_id, source.filename, passage, score)
            for (file, source, passage), score in rated
            if score > threshold
        ]
        return sorted(found, key=lambda passage: -passage.score)

    def expire(self) -> None:
        """Mark the stores that were unused for too long; their files go with them."""
        now = self._clock.now()
        with self._changed:
            for store in self._stores.values():
                if not store.expired and store.expires_at is not None and store.expires_at <= now:
                    store.expired = True
                    store.files.clear()
                    self._ledger.note("vector_store", store.id, "expired")

    def clear(self) -> None:
        """Forget all stores."""
        with self._changed:
            self._stores.clear()

    def _index(self, attached: StoreFile, path: Path, filename: str) -> None:
        supported = Path(filename).suffix.lower() in SUPPORTED
        passages = passages_of(path, filename) if supported and path.exists() else []
        with self._changed:
            if attached.status != "in_progress":
                return
            attached.passages = passages
            attached.status = "completed" if passages else "failed"
            if not supported:
                attached.last_error = {
                    "code": "unsupported_file",
                    "message": "The file type is not supported.",
                }
            elif not passages:
                attached.last_error = {
                    "code": "invalid_file",
                    "message": "The file could not be parsed because it is empty.",
                }
            self._changed.notify_all()


def _checked_expiry(given: Any) -> Json | None:
    if given is None:
        return None
    check_type("expires_after", given, "an object")
    if "days" not in given:
        raise missing_parameter("expires_after.days")
    check_minimum("expires_after.days", given["days"], 1)
    return {"anchor": "last_active_at", "days": given["days"]}


def _chunking(body: Json) -> Json:
    strategy = body.get("chunking_strategy")
    return {"chunking_strategy": strategy} if strategy else {}
