"""Multipart forms as uploads send them (RFC 7578), from bytes that are in memory anyway.

Written here because the layers hold no parser: `email` reads a part of type message/rfc822 as a
message of its own and so takes an uploaded mail apart.
"""

import re
from dataclasses import dataclass
from email.message import Message

from understudy.errors import InvalidRequestError, UnsupportedMediaError

MAX_PARTS = 50
UNREADABLE = "We could not parse the multipart form of your request."
LINE = b"\r\n"


@dataclass(frozen=True)
class FormPart:
    """One part of a form; `filename` and `content_type` are None where the part names none."""

    content: bytes
    filename: str | None = None
    content_type: str | None = None

    @property
    def text(self) -> str:
        """The content as text. Raises InvalidRequestError if it is not UTF-8."""
        try:
            return self.content.decode()
        except UnicodeDecodeError as error:
            raise InvalidRequestError(UNREADABLE) from error


def read_form(content_type: str, body: bytes) -> dict[str, FormPart]:
    """The parts by name. Of a name that is there twice the last one counts.

    Raises UnsupportedMediaError for another content type, InvalidRequestError for a broken form.
    """
    header = Message()
    header["content-type"] = content_type
    if header.get_content_type() != "multipart/form-data":
        raise UnsupportedMediaError(
            f"Unsupported content type: '{content_type[:80]}'. This method takes "
            "'multipart/form-data'.",
            code="unsupported_content_type",
        )
    boundary = header.get_boundary()
    if not boundary:
        raise InvalidRequestError(UNREADABLE)
    mark = LINE + b"--" + boundary.encode("utf-8", "surrogateescape")
    pieces = (LINE + body).split(mark)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise InvalidRequestError(UNREADABLE)
    if len(pieces) > MAX_PARTS:
        raise InvalidRequestError(f"The form has more than {MAX_PARTS} parts.")
    return dict(_part(piece) for piece in pieces[1:-1])


def _part(piece: bytes) -> tuple[str, FormPart]:
    head, blank, content = piece.partition(LINE + LINE)
    if not blank:
        raise InvalidRequestError(UNREADABLE)
    lines = head.decode("utf-8", "replace").split("\r\n")
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    headers = {name.strip().lower(): value.strip() for name, value in fields.items()}
    named = _parameters(headers.get("content-disposition", ""))
    if "name" not in named:
        raise InvalidRequestError(UNREADABLE)
    filename = named.get("filename")
    return named["name"], FormPart(content, filename, headers.get("content-type"))


def _parameters(disposition: str) -> dict[str, str]:
    """Parameters of a Content-Disposition, with what browsers and clients escape in them."""
    found = re.findall(r';\s*([\w*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))', disposition)
    escapes = {"%22": '"', "%0D": "\r", "%0A": "\n"}
    parameters = {}
    for name, quoted, bare in found:
        value = re.sub(r'\\(["\\])', r"\1", quoted) or bare
        for escape, character in escapes.items():
            value = value.replace(escape, character)
        parameters[name.lower()] = value
    return parameters
