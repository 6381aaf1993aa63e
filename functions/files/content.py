"""The content of a file: from the bucket, or, without a copy there, from provider or container."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from understudy.domain.file_names import disposition
from understudy.domain.file_types import (
    BINARY,
    CONTENT_TYPES,
    PLAIN_IMAGES,
    checked_type,
    extension_of,
)
from understudy.domain.files import File
from understudy.errors import (
    InvalidRequestError,
    NoSuchObjectError,
    NotFoundError,
    ProviderRefusedError,
)
from understudy.ports import ProviderContainers, ProviderFiles

if TYPE_CHECKING:
    from understudy.adapters.s3 import S3Objects

MAX_CONTENT_BYTES = 4 * 1024 * 1024
"""The most that a function can return: Lambda's 6 MB, less a third for base64."""


@dataclass(frozen=True)
class Content:
    """The content with its headers; or, if it is too large for a response, a URL that serves it."""

    url: str | None = None
    body: bytes = b""
    content_type: str = BINARY
    disposition: str = "attachment"


@dataclass(frozen=True)
class FileContents:
    """Reads the content of files."""

    objects: "S3Objects"
    provider_files: ProviderFiles
    provider_containers: ProviderContainers

    def of(self, file: File) -> Content:
        """Returns the content. Only plain images are shown inline.

        Raises NotFoundError for a file without content, and InvalidRequestError for one that the
        provider does not return, or that is too large to be returned without a copy in the bucket.
        """
        if file.object_key is None:
            body = self._elsewhere(file)
            kind = checked_type(file.filename, body)
            return Content(body=body, content_type=kind, disposition=_disposition(file, kind))
        stored = file.content_type or BINARY
        safe = stored if stored in PLAIN_IMAGES else _safe_type(file.filename)
        if file.bytes > MAX_CONTENT_BYTES:
            url = self.objects.link(
                file.object_key,
                version=file.object_version,
                filename=file.filename,
                content_type=safe,
                inline=safe in PLAIN_IMAGES,
            )
            return Content(url=url)
        try:
            body = self.objects.get(file.object_key, file.object_version)
        except NoSuchObjectError as error:
            raise NotFoundError(f"No content for file: {file.id}") from error
        return Content(body=body, content_type=safe, disposition=_disposition(file, safe))

    def _elsewhere(self, file: File) -> bytes:
        if file.bytes > MAX_CONTENT_BYTES:
            raise _too_large()
        try:
            if file.container_id and file.container_file_id:
                return _joined(
                    self.provider_containers.content(file.container_id, file.container_file_id)
                )
            if file.provider_id:
                return self.provider_files.content(file.provider_id)
        except ProviderRefusedError as error:
            if file.container_id:
                raise NotFoundError(f"No content for file: {file.id}") from error
            raise InvalidRequestError(
                f"Not allowed to download files of purpose: {file.purpose}"
            ) from error
        raise NotFoundError(f"No content for file: {file.id}")


def _disposition(file: File, kind: str) -> str:
    return disposition(file.filename, inline=kind in PLAIN_IMAGES)


def _safe_type(filename: str) -> str:
    """Returns the type of the name's extension, unless a browser could run or show the content."""
    named = CONTENT_TYPES.get(extension_of(filename), BINARY)
    is_shown = named in PLAIN_IMAGES or named in ("text/html", "application/xml")
    return BINARY if is_shown else named


def _joined(pieces: Iterator[bytes]) -> bytes:
    content = bytearray()
    for piece in pieces:
        content += piece
        if len(content) > MAX_CONTENT_BYTES:
            raise _too_large()
    return bytes(content)


def _too_large() -> InvalidRequestError:
    return InvalidRequestError(
        "This file is too large to download until it has been archived. Please retry later."
    )
