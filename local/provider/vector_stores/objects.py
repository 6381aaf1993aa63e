"""Vector stores, their files and their batches, as kept and as rendered."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from local.provider.account import HIDDEN, ApiObject
from local.provider.checks import Json

FileStatus = Literal["in_progress", "completed", "cancelled", "failed"]
DEFAULT_CHUNKING: Json = {
    "type": "static",
    "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400},
}


@dataclass(kw_only=True)
class IndexedFile(ApiObject):
    """A file attached to a vector store; it has passages once it is completed."""

    kind = "vector_store.file"
    vector_store_id: str
    attributes: dict[str, Any]
    chunking_strategy: Json
    status: FileStatus = "in_progress"
    usage_bytes: int = 0
    last_error: Json | None = None
    passages: list[str] = field(metadata=HIDDEN, default_factory=list)


@dataclass(kw_only=True)
class Batch(ApiObject):
    """Files that were attached together."""

    kind = "vector_store.files_batch"
    vector_store_id: str
    files: list[IndexedFile] = field(metadata=HIDDEN)
    cancelled: bool = field(metadata=HIDDEN, default=False)

    def rendered(self) -> Json:
        """Return the API object."""
        ended = "cancelled" if self.cancelled else None
        return {**super().rendered(), **_progress(self.files, ended)}


@dataclass(kw_only=True)
class VectorStore(ApiObject):
    """A vector store."""

    kind = "vector_store"
    name: str
    description: str | None
    last_active_at: int
    expires_after: Json | None
    metadata: dict[str, str]
    files: dict[str, IndexedFile] = field(metadata=HIDDEN, default_factory=dict)
    batches: dict[str, Batch] = field(metadata=HIDDEN, default_factory=dict)
    expired: bool = field(metadata=HIDDEN, default=False)

    @property
    def expires_at(self) -> int | None:
        """When it expires if it is not used again."""
        if not self.expires_after:
            return None
        return self.last_active_at + int(self.expires_after["days"]) * 86_400

    def rendered(self) -> Json:
        """Return the API object."""
        usage = sum(file.usage_bytes for file in self.files.values())
        progress = _progress(self.files.values(), "expired" if self.expired else None)
        more = {"usage_bytes": usage, "expires_at": self.expires_at}
        return {**super().rendered(), **more, **progress}


def _progress(files: Iterable[IndexedFile], ended: str | None) -> Json:
    found = Counter(file.status for file in files)
    counts = {**{status: found[status] for status in get_args(FileStatus)}, "total": found.total()}
    status = ended or ("in_progress" if counts["in_progress"] else "completed")
    return {"status": status, "file_counts": counts}
