"""Names of files: what a caller's name is stored as, and how it is written in a header."""

import re
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from typing import Final
from urllib.parse import quote

MAX_NAME: Final = 255
NAMELESS: Final = "file"
"""The name of a file whose own name is empty once it is cleaned."""

UNSAFE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\\\\\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Backslash, control characters, line and paragraph separators, bidirectional marks, and lone
surrogates."""

_SEPARATORS = re.compile(r"[/\\]")


def clean_name(name: str) -> str:
    """Returns the base name that a file is stored under.

    Folders are cut off, as OpenAI's API does. Unsafe characters are removed.
    """
    base = _SEPARATORS.split(name)[-1]
    cleaned = UNSAFE.sub("", base).strip()
    if cleaned in ("", ".", ".."):
        return NAMELESS
    if len(cleaned) <= MAX_NAME:
        return cleaned
    stem, dot, extension = cleaned.rpartition(".")
    if not stem or len(extension) > 16:
        return cleaned[:MAX_NAME]
    return stem[: MAX_NAME - len(extension) - 1] + dot + extension


def decoded_words(text: str) -> str:
    """Returns the text with its RFC 2047 encoded words decoded; unreadable ones stay as they are.

    S3 returns metadata that is not ASCII in this form, and .NET sends file names in it.
    """
    try:
        return str(make_header(decode_header(text)))
    except (HeaderParseError, LookupError, UnicodeDecodeError):
        return text


def disposition(filename: str, *, inline: bool) -> str:
    """Returns a Content-Disposition for any name (RFC 6266, RFC 8187)."""
    plain = "".join(
        c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in filename
    )
    encoded = quote(filename.encode("utf-8", "replace"), safe="")
    return (
        f"{'inline' if inline else 'attachment'}; filename=\"{plain}\"; filename*=UTF-8''{encoded}"
    )
