"""Turns a function's result into an HTTP response: API Gateway's payload format 1.0."""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from local.aws.functions import Outcome

_JSON = ("content-type", "application/json")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_SERVER_HEADERS = frozenset({"content-length", "connection", "transfer-encoding", "date"})
"""Headers that the HTTP server writes; a function's own values are dropped."""


@dataclass(frozen=True)
class Response:
    """An HTTP response; the body of a stream comes while the function produces it."""

    status: int
    headers: Sequence[tuple[str, str]] = ()
    body: Iterable[bytes] = ()


class MalformedResultError(ValueError):
    """A function returned something that API Gateway cannot turn into an HTTP response."""


def function_response(outcome: Outcome) -> Response:
    """Returns the function's response.

    Raises MalformedResultError if it failed, or if its result is no response of format 1.0.
    """
    if outcome.error is not None:
        raise MalformedResultError(f"function error: {outcome.error}")
    try:
        return _translated(json.loads(outcome.payload or b"null"))
    except json.JSONDecodeError as error:
        raise MalformedResultError(str(error)) from error


def streamed_head(prelude: bytes) -> Response:
    """Returns status and headers of a stream. Raises MalformedResultError."""
    try:
        return _translated(json.loads(prelude))
    except json.JSONDecodeError as error:
        raise MalformedResultError(f"the stream does not start with JSON: {error}") from error


def _translated(result: Any) -> Response:
    if not isinstance(result, dict) or "statusCode" not in result:
        raise MalformedResultError("the result has no statusCode")
    headers = _headers(result.get("headers") or {})
    several = result.get("multiValueHeaders") or {}
    if not isinstance(several, dict) or not all(isinstance(v, list) for v in several.values()):
        raise MalformedResultError("multiValueHeaders is not an object of lists")
    for name, values in several.items():
        headers = [pair for pair in headers if pair[0] != name.lower()]
        headers += [pair for value in values for pair in _headers({name: value})]
    if not any(name == "content-type" for name, _ in headers):
        headers.append(_JSON)
    return Response(_status(result["statusCode"]), headers, [_body(result)])


def _status(code: Any) -> int:
    if isinstance(code, bool) or not str(code).isdecimal() or not 200 <= int(code) <= 599:
        raise MalformedResultError(f"statusCode {code!r} is not an HTTP status")
    return int(code)


def _headers(headers: Any) -> list[tuple[str, str]]:
    if not isinstance(headers, dict):
        raise MalformedResultError("headers is not an object")
    lowered = {str(name).lower(): value for name, value in headers.items()}
    for name in lowered:
        if not _HEADER_NAME.fullmatch(name):
            raise MalformedResultError(f"{name!r} is not a header name")
    return [
        (name, _header_value(value))
        for name, value in lowered.items()
        if name not in _SERVER_HEADERS
    ]


def _header_value(value: Any) -> str:
    if not isinstance(value, str | int | float):
        raise MalformedResultError(f"header value {value!r} is not text")
    text = json.dumps(value) if isinstance(value, bool) else str(value)
    if any(mark in text for mark in "\r\n\0"):
        raise MalformedResultError("a header value holds a line break")
    return text


def _body(result: dict[str, Any]) -> bytes:
    body = result.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise MalformedResultError("body is not a string")
    if not result.get("isBase64Encoded"):
        return body.encode()
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise MalformedResultError("isBase64Encoded is true, but body is not base64") from error
