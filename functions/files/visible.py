"""Hides files and vector stores whose thread was deleted or has expired.

Until clean_up_thread has removed them, which for an expired thread may take days, the table still
has their records.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from understudy.domain.files import File
from understudy.domain.vector_stores import VectorStore
from understudy.services import Services

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.files import Files
    from understudy.adapters.dynamodb.threads import Threads
    from understudy.adapters.dynamodb.vector_stores import VectorStores


@dataclass(frozen=True)
class VisibleFiles:
    """Reads files and vector stores. Only those of a thread cost a read of the thread."""

    files: "Files"
    vector_stores: "VectorStores"
    threads: "Threads"

    @classmethod
    def of(cls, chosen: Services) -> "VisibleFiles":
        """Returns the visible files of a deployment."""
        return cls(chosen.files, chosen.vector_stores, chosen.threads)

    def file(self, tenant: str, file_id: str) -> File | None:
        """Returns the file; None if it, or the only thread that has it, is missing or expired."""
        file = self.files.get(tenant, file_id)
        return file if file is not None and self.among(tenant, [file]) else None

    def among(self, tenant: str, files: Sequence[File]) -> list[File]:
        """Returns those of the files that can be read."""
        held = {file.id: file.thread_id for file in files if file.thread_id and file.uses <= 1}
        gone = self.threads.expired(tenant, {each for each in held.values() if each})
        return [file for file in files if held.get(file.id) not in gone]

    def vector_store(self, tenant: str, store_id: str) -> VectorStore | None:
        """Returns the vector store; None if it or the thread that it is of is missing."""
        store = self.vector_stores.get(tenant, store_id)
        return store if store is not None and self.vector_stores_among(tenant, [store]) else None

    def vector_stores_among(self, tenant: str, stores: Sequence[VectorStore]) -> list[VectorStore]:
        """Returns those of the vector stores that can be read."""
        gone = self.threads.expired(tenant, {each.thread_id for each in stores if each.thread_id})
        return [store for store in stores if store.thread_id not in gone]
