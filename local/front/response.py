"""Turns a function's result into an HTTP response: API Gateway's payload format 1.0."""

import base64
import binascii
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from local.aws.functions import Outcome

_JSON = ("content-type", "application/json")
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
    for name, values in (result.get("multiValueHeaders") or {}).items():
        headers = [pair for pair in headers if pair[0] != name.lower()]
        headers += [pair for value in values for pair in _headers({name: value})]
    if not any(name == "content-type" for name, _ in headers):
        headers.append(_JSON)
    return Response(_status(result["statusCode"]), headers, [_body(result)])


def _status(code: Any) -> int:
    if isinstance(code, bool) or not str(code).isdecimal() or not 200 <= int(code) <= 599:
        raise MalformedResultError(f"statusCode {code!r} is not an HTTP status")
    return int(code)


def _headers(headers: dict[str, Any]) -> list[tuple[str, str]]:
    """Returns headers with lower-case names, without those that the server writes."""
    texts = {
        name.lower(): json.dumps(value) if isinstance(value, bool) else str(value)
        for name, value in headers.items()
    }
    if any("\r" in value or "\n" in value for value in texts.values()):
        raise MalformedResultError("a header value holds a line break")
    return [(name, value) for name, value in texts.items() if name not in _SERVER_HEADERS]


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
