"""Uploads: in parts through the API, or one object directly into the bucket."""

import re
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

from understudy.domain.base import Body, Record
from understudy.domain.file_names import clean_name
from understudy.domain.files import MAX_FILE_BYTES

UPLOADS: Final = "uploads"
FORM_SECONDS: Final = 15 * 60
"""How long an upload form is valid."""

MAX_UPLOAD_BYTES: Final = 8 * 1024**3
"""The provider's limit for an upload in parts."""

MAX_PARTS: Final = 10_000

SHORTEST_LIFE: Final = 3600
LONGEST_LIFE: Final = 30 * 24 * 3600

MIME_TYPE: Final = re.compile(r"[ -~]{1,255}")
"""A content type becomes a header: printable ASCII only."""

MimeType = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[ -~]+$")]
FileName = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(clean_name)]
Purpose = Literal["assistants", "batch", "evals", "fine-tune", "user_data", "vision"]


class FileExpiry(Body):
    """The expiry that a caller requests. The provider allows 1 hour to 30 days."""

    anchor: Literal["created_at"] = "created_at"
    seconds: int = Field(ge=SHORTEST_LIFE, le=LONGEST_LIFE)


class NewUpload(Body):
    """The body of an upload in parts."""

    filename: FileName
    purpose: Purpose
    bytes: int = Field(ge=1, le=MAX_UPLOAD_BYTES)
    mime_type: MimeType
    expires_after: FileExpiry | None = None


class NewObjectUpload(Body):
    """The body of an upload directly into the bucket, which takes one request of the client."""

    filename: FileName
    purpose: Purpose
    bytes: int = Field(ge=1, le=MAX_FILE_BYTES)
    mime_type: MimeType = "application/octet-stream"
    expires_after: FileExpiry | None = None


class UploadEnd(Body):
    """The body of a request that completes an upload in parts."""

    part_ids: list[str] = Field(fail_fast=True, min_length=1, max_length=MAX_PARTS)
    md5: str | None = None


class Upload(Record):
    """An upload in parts of one tenant; the provider keeps everything else."""

    id: str
    tenant: str
    provider_id: str
    created_at: int
    content_type: str | None = None


def is_mime_type(value: str) -> bool:
    """Whether a text may be stored as the content type of a file."""
    return MIME_TYPE.fullmatch(value) is not None


def upload_key(tenant: str, file_id: str) -> str:
    """Returns the key of an upload directly into the bucket; it names tenant and file."""
    return f"{UPLOADS}/{tenant}/{file_id}"


def parse_upload_key(key: str) -> tuple[str, str]:
    """Returns tenant and file id. Raises ValueError for a key that `upload_key` did not return."""
    segments = key.split("/")
    if len(segments) != 3 or segments[0] != UPLOADS or not all(segments):
        raise ValueError("not the key of an upload")
    return segments[1], segments[2]
