"""Files and uploads."""

from typing import Literal, NotRequired, cast

from typing_extensions import TypedDict

from understudy.domain.base import Json
from understudy.domain.files import File, FileStatus
from understudy.domain.uploads import Upload


class FileObject(TypedDict):
    """A file."""

    id: str
    object: Literal["file"]
    bytes: int
    created_at: int
    filename: str
    purpose: str
    status: FileStatus
    expires_at: int | None
    status_details: str | None


def file_object(file: File) -> FileObject:
    """Returns the file as the API shows it."""
    return {
        "id": file.id,
        "object": "file",
        "bytes": file.bytes,
        "created_at": file.created_at,
        "expires_at": file.ends_at,
        "filename": file.filename,
        "purpose": file.purpose,
        "status": file.status,
        "status_details": file.status_details,
    }


class ObjectUploadObject(TypedDict):
    """A form: POST its `fields`, and the file as the last of them, to its `url`."""

    object: Literal["file.upload"]
    file: FileObject
    url: str
    fields: dict[str, str]


class UploadObject(TypedDict):
    """The provider's upload under the deployment's id."""

    id: str
    object: Literal["upload"]
    status: Literal["pending", "completed", "cancelled", "expired"]
    file: NotRequired[FileObject | None]


def upload_object(upload: Upload, body: Json, file: File | None = None) -> UploadObject:
    """Returns the provider's upload under the deployment's ids."""
    own = {"id": upload.id} | ({"file": file_object(file)} if file else {})
    return cast(UploadObject, body | own)


class UploadPartObject(TypedDict):
    """The provider's part of an upload."""

    id: str
    object: Literal["upload.part"]
    upload_id: str


def upload_part_object(upload: Upload, body: Json) -> UploadPartObject:
    """Returns the provider's part under the id of its upload."""
    return cast(UploadPartObject, body | {"upload_id": upload.id})
