"""Supported file types, the tool that reads each, and content types by first bytes."""

from enum import StrEnum
from typing import Final

SNIFFED_BYTES: Final = 16
"""The number of first bytes that `sniffed_image` needs."""


class FileKind(StrEnum):
    """What reads a file: code interpreter, file search, or the model itself."""

    DATA = "code_interpreter"
    DOCUMENT = "file_search"
    IMAGE = "vision"


DATA_TYPES: Final = {
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xls": "application/vnd.ms-excel",
    "json": "application/json",
    "jsonl": "application/jsonl",
    "parquet": "application/vnd.apache.parquet",
    "xml": "application/xml",
    "zip": "application/zip",
    "tar": "application/x-tar",
}
DOCUMENT_TYPES: Final = {
    "pdf": "application/pdf",
    "txt": "text/plain",
    "md": "text/markdown",
    "html": "text/html",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "tex": "text/x-tex",
}
IMAGE_TYPES: Final = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
}
CONTENT_TYPES: Final = DATA_TYPES | DOCUMENT_TYPES | IMAGE_TYPES
"""By extension, lower case: the types that the provider's tools support."""

PLAIN_IMAGES: Final = frozenset(IMAGE_TYPES.values())
"""Types that a browser may show inline, because they cannot contain scripts."""

BINARY: Final = "application/octet-stream"
_MARKS: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


def extension_of(name: str) -> str:
    """Returns what follows the last dot, in lower case; empty without a dot or a stem."""
    stem, dot, extension = name.rpartition(".")
    return extension.lower() if dot and stem else ""


def provider_name(name: str) -> str:
    """Returns the name with its extension in lower case: vector stores reject `.PDF`."""
    extension = extension_of(name)
    return name[: len(name) - len(extension)] + extension if extension else name


def kind_of(name: str) -> FileKind | None:
    """Returns what reads a file of that name; None for an unsupported type."""
    extension = extension_of(name)
    if extension in DATA_TYPES:
        return FileKind.DATA
    if extension in DOCUMENT_TYPES:
        return FileKind.DOCUMENT
    return FileKind.IMAGE if extension in IMAGE_TYPES else None


def sniffed_image(first: bytes) -> str | None:
    """Returns the content type of an image by its first bytes; None for everything else."""
    if first[:4] == b"RIFF" and first[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for mark, kind in _MARKS if first.startswith(mark)), None)


def checked_type(name: str, first: bytes) -> str:
    """Returns the content type for a file of unknown origin.

    A file is an image only if its first bytes are an image's. A file that only has the name of an
    image, and everything that a browser could run, is `application/octet-stream`.
    """
    found = sniffed_image(first)
    if found is not None:
        return found
    named = CONTENT_TYPES.get(extension_of(name), BINARY)
    return BINARY if named in PLAIN_IMAGES or named in ("text/html", "application/xml") else named
