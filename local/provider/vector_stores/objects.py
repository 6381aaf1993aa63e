"""Vector stores, their files and their batches, as kept and as rendered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from local.provider.checks import Json

FileStatus = Literal["in_progress", "completed", "cancelled", "failed"]
_STATUSES: tuple[FileStatus, ...] = ("in_progress", "completed", "failed", "cancelled")
_DEFAULT_CHUNKING: Json = {
    "type": "static",
    "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400},
}


@dataclass
class IndexedFile:
    """A file attached to a vector store; it has passages once it is completed."""

    file_id: str
    store_id: str
    created_at: int
    attributes: dict[str, Any]
    chunking: Json | None
    status: FileStatus = "in_progress"
    usage_bytes: int = 0
    passages: list[str] = field(default_factory=list)
    last_error: Json | None = None

    def rendered(self) -> Json:
        """Return the API object."""
        given = self.chunking or {}
        return {
            "id": self.file_id,
            "object": "vector_store.file",
            "usage_bytes": self.usage_bytes,
            "created_at": self.created_at,
            "vector_store_id": self.store_id,
            "status": self.status,
            "last_error": self.last_error,
            "chunking_strategy": given if given.get("type") == "static" else _DEFAULT_CHUNKING,
            "attributes": self.attributes,
        }


@dataclass
class Batch:
    """Files that were attached together."""

    id: str
    store_id: str
    created_at: int
    files: list[IndexedFile]
    cancelled: bool = False

    def rendered(self) -> Json:
        """Return the API object."""
        counts = _counts(self.files)
        status = "in_progress" if counts["in_progress"] else "completed"
        return {
            "id": self.id,
            "object": "vector_store.files_batch",
            "created_at": self.created_at,
            "vector_store_id": self.store_id,
            "status": "cancelled" if self.cancelled else status,
            "file_counts": counts,
        }


@dataclass
class VectorStore:
    """A vector store."""

    id: str
    name: str
    description: str | None
    created_at: int
    last_active_at: int
    expires_after: Json | None
    metadata: dict[str, str]
    files: dict[str, IndexedFile] = field(default_factory=dict)
    batches: dict[str, Batch] = field(default_factory=dict)
    expired: bool = False

    @property
    def expires_at(self) -> int | None:
        """When it expires if it is not used again."""
        if not self.expires_after:
            return None
        return self.last_active_at + int(self.expires_after["days"]) * 86_400

    def rendered(self) -> Json:
        """Return the API object."""
        counts = _counts(self.files.values())
        status = "in_progress" if counts["in_progress"] else "completed"
        return {
            "id": self.id,
            "object": "vector_store",
            "created_at": self.created_at,
            "name": self.name,
            "description": self.description,
            "usage_bytes": sum(file.usage_bytes for file in self.files.values()),
            "file_counts": counts,
            "status": "expired" if self.expired else status,
            "expires_after": self.expires_after,
            "expires_at": self.expires_at,
            "last_active_at": self.last_active_at,
            "metadata": self.metadata,
        }


def _counts(files: Iterable[IndexedFile]) -> Json:
    found = Counter(file.status for file in files)
    return {**{status: found[status] for status in _STATUSES}, "total": found.total()}
