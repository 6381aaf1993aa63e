"""The content of a file: from our copy, or from wherever it is while there is none."""

from collections.abc import Iterator
from dataclasses import dataclass

from understudy.domain.file_types import (
    BINARY,
    CONTENT_TYPES,
    PLAIN_IMAGES,
    checked_type,
    extension_of,
)
from understudy.domain.files import File
from understudy.errors import InvalidRequestError, NotFoundError, ProviderRefusedError
from understudy.ports import Ports

MAX_ANSWER_BYTES = 4 * 1024 * 1024
"""What a function can answer with: Lambda's 6 MB, less a third for base64."""


@dataclass(frozen=True)
class GivenOut:
    """Either a URL that gives out the content, or the content itself with its headers."""

    url: str | None = None
    content: bytes = b""
    content_type: str = BINARY
    disposition: str = "attachment"


def give_out(ports: Ports, file: File) -> GivenOut:
    """Only plain images are shown in place; everything else is an attachment.

    Raises NotFoundError for a file that has no content (any more), InvalidRequestError for one
    whose content the provider does not give out or that is too large to pass through.
    """
    if file.object_key:
        kind = file.content_type or BINARY
        safe = kind if kind in PLAIN_IMAGES else _named_type(file.filename)
        url = ports.objects.link(
            file.object_key,
            filename=file.filename,
            content_type=safe,
            inline=safe in PLAIN_IMAGES,
        )
        return GivenOut(url=url)
    content = _elsewhere(ports, file)
    kind = checked_type(file.filename, content)
    shown = "inline" if kind in PLAIN_IMAGES else "attachment"
    return GivenOut(content=content, content_type=kind, disposition=shown)


def _named_type(filename: str) -> str:
    """The type that a name stands for, unless a browser could run or show what is under it."""
    named = CONTENT_TYPES.get(extension_of(filename), BINARY)
    is_shown = named in PLAIN_IMAGES or named in ("text/html", "application/xml")
    return BINARY if is_shown else named


def _elsewhere(ports: Ports, file: File) -> bytes:
    if file.bytes > MAX_ANSWER_BYTES:
        raise InvalidRequestError("The file is too large to be given out before it is archived.")
    try:
        if file.container_id and file.container_file_id:
            source = ports.provider_containers.content(file.container_id, file.container_file_id)
            return _joined(source)
        if file.provider_id:
            return ports.provider_files.content(file.provider_id)
    except ProviderRefusedError as error:
        if file.container_id:
            raise NotFoundError(f"No content for file: {file.id}") from error
        raise InvalidRequestError(
            f"Not allowed to download files of purpose: {file.purpose}"
        ) from error
    raise NotFoundError(f"No content for file: {file.id}")


def _joined(pieces: Iterator[bytes]) -> bytes:
    content = bytearray()
    for piece in pieces:
        content += piece
        if len(content) > MAX_ANSWER_BYTES:
            raise InvalidRequestError(
                "The file is too large to be given out before it is archived."
            )
    return bytes(content)
