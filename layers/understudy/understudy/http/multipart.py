"""Multipart forms (RFC 7578), parsed by the package `multipart` from a body in memory."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from understudy.domain.file_names import clean_name, decoded_words
from understudy.domain.uploads import is_mime_type
from understudy.errors import InvalidRequestError, UnsupportedMediaError

if TYPE_CHECKING:
    from multipart import MultipartSegment

MAX_PARTS = 50
UNREADABLE = "We could not parse the multipart form of your request."
EXTENDED_NAME = re.compile(r"""filename\*\s*=\s*"?([\w.-]+)'[^']*'([^;\s"]+)""", re.IGNORECASE)
"""RFC 8187: a charset, a language, and a percent-encoded name."""


@dataclass(frozen=True)
class FormPart:
    """One part of a form; `filename` and `content_type` are None if the part has none."""

    content: bytes
    filename: str | None = None
    content_type: str | None = None

    @property
    def text(self) -> str:
        """Returns the content as text. Raises InvalidRequestError if it is not UTF-8."""
        try:
            return self.content.decode()
        except UnicodeDecodeError as error:
            raise InvalidRequestError(UNREADABLE) from error


def read_form(content_type: str, body: bytes) -> dict[str, FormPart]:
    """Returns the parts by name; the last one counts if a name is used twice.

    Raises UnsupportedMediaError for another content type, InvalidRequestError for a broken form.
    """
    # Here, because most requests have no form.
    from multipart import (
        MultipartError,
        MultipartSegment,
        ParserLimitReached,
        PushMultipartParser,
        parse_options_header,
    )

    kind, options = parse_options_header(content_type)
    if kind != "multipart/form-data":
        raise UnsupportedMediaError(
            f"Unsupported content type: '{content_type[:80]}'. This method takes "
            "'multipart/form-data'.",
            code="unsupported_content_type",
        )
    parts: dict[str, FormPart] = {}
    segment: MultipartSegment | None = None
    content = bytearray()
    try:
        with PushMultipartParser(
            options.get("boundary", ""), max_segment_count=MAX_PARTS
        ) as parser:
            for event in parser.parse(body):
                if isinstance(event, MultipartSegment):
                    segment, content = event, bytearray()
                elif event is not None:
                    content += event
                elif segment is None or not segment.name:
                    raise InvalidRequestError(UNREADABLE)
                else:
                    parts[segment.name] = _part(segment, bytes(content))
    except ParserLimitReached as error:
        raise InvalidRequestError(
            f"The form has more than {MAX_PARTS} parts, or a part's headers are too long."
        ) from error
    except (MultipartError, UnicodeError) as error:
        raise InvalidRequestError(UNREADABLE) from error
    return parts


def _part(segment: "MultipartSegment", content: bytes) -> FormPart:
    kind = segment.header("Content-Type")
    filename = _filename(segment)
    return FormPart(
        content,
        filename=None if filename is None else clean_name(filename),
        content_type=kind if kind and is_mime_type(kind) else None,
    )


def _filename(segment: "MultipartSegment") -> str | None:
    """Returns the file name: `filename*` if it can be decoded, else `filename`.

    RFC 7578 does not allow `filename*` in forms, but .NET sends it along with a `filename` in
    RFC 2047 words.
    """
    extended = EXTENDED_NAME.search(segment.header("Content-Disposition") or "")
    if extended is not None:
        try:
            return unquote(extended[2], encoding=extended[1], errors="strict")
        except (LookupError, UnicodeError):
            pass  # unknown charset or broken encoding: the plain name is left
    return None if segment.filename is None else decoded_words(segment.filename)
