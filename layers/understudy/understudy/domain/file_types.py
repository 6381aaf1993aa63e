"""Which files are taken, which tool reads them, and what their first bytes say they are."""

from enum import StrEnum
from typing import Final

SNIFFED_BYTES: Final = 16
"""As many first bytes as `sniffed_image` needs."""


class FileKind(StrEnum):
    """Who reads a file: tables and data, documents, images."""

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
"""By extension, lower case. What the provider's tools take (its supported-files pages)."""

PLAIN_IMAGES: Final = frozenset(IMAGE_TYPES.values())
"""What a browser may show in place: it holds no script."""

BINARY: Final = "application/octet-stream"
_MARKS: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


def extension_of(name: str) -> str:
    """What follows the last dot, in lower case; empty for no dot and for a name that begins so."""
    stem, dot, extension = name.rpartition(".")
    return extension.lower() if dot and stem else ""


def provider_name(name: str) -> str:
    """The name with its extension in lower case: the provider's vector stores refuse `.PDF`."""
    extension = extension_of(name)
    return name[: len(name) - len(extension)] + extension if extension else name


def kind_of(name: str) -> FileKind | None:
    """Who reads a file of that name; None for a type that is not taken."""
    extension = extension_of(name)
    if extension in DATA_TYPES:
        return FileKind.DATA
    if extension in DOCUMENT_TYPES:
        return FileKind.DOCUMENT
    return FileKind.IMAGE if extension in IMAGE_TYPES else None


def sniffed_image(first: bytes) -> str | None:
    """The content type of an image by its first bytes; None for everything else."""
    if first[:4] == b"RIFF" and first[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for mark, kind in _MARKS if first.startswith(mark)), None)


def checked_type(name: str, first: bytes) -> str:
    """The content type to store a file of unknown origin under.

    An image is one only if its bytes say so; what calls itself an image and is none is stored as
    bytes, and so is everything that a browser could run.
    """
    found = sniffed_image(first)
    if found is not None:
        return found
    named = CONTENT_TYPES.get(extension_of(name), BINARY)
    return BINARY if named in PLAIN_IMAGES or named in ("text/html", "application/xml") else named
