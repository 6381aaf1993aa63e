"""What answers about files, uploads, vector stores and usage look like."""

from typing import Any, Literal

from understudy.http.openapi.objects import List, Shown


class FileObject(Shown):
    id: str
    object: Literal["file"]
    bytes: int
    created_at: int
    filename: str
    purpose: str
    status: Literal["uploaded", "processed", "error"]


class FileList(List):
    data: list[FileObject]


class DeletedFile(Shown):
    id: str
    object: Literal["file", "vector_store.deleted", "vector_store.file.deleted"]
    deleted: bool


class ObjectUpload(Shown):
    """A form: POST its `fields`, and the file as the last one, to its `url`."""

    object: Literal["file.upload"]
    file: FileObject
    url: str
    fields: dict[str, str]


class Upload(Shown):
    id: str
    object: Literal["upload"]
    status: Literal["pending", "completed", "cancelled", "expired"]


class UploadPart(Shown):
    id: str
    object: Literal["upload.part"]
    upload_id: str


class VectorStore(Shown):
    id: str
    object: Literal["vector_store"]
    created_at: int
    status: Literal["expired", "in_progress", "completed"]
    file_counts: dict[str, int]
    metadata: dict[str, str] | None


class VectorStoreList(List):
    data: list[VectorStore]


class VectorStoreFile(Shown):
    id: str
    object: Literal["vector_store.file"]
    vector_store_id: str
    status: Literal["in_progress", "completed", "cancelled", "failed"]


class VectorStoreFileList(List):
    data: list[VectorStoreFile]


class VectorStoreFileBatch(Shown):
    id: str
    object: Literal["vector_store.files_batch"]
    vector_store_id: str
    status: Literal["in_progress", "completed", "cancelled", "failed"]
    file_counts: dict[str, int]


class ResultPage(Shown):
    """What a vector store has of a file, or what a search found in it."""

    object: str
    data: list[dict[str, Any]]
    has_more: bool


class UsageReport(Shown):
    object: Literal["list"]
    start: str
    end: str
    group_by: str
    data: list[dict[str, Any]]
    total: dict[str, Any]
    has_more: bool
