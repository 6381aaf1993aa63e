"""Turns a function's result into an HTTP response: API Gateway's payload format 2.0."""

import base64
import binascii
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from local.aws.functions import InvokeError, Outcome

_TEXT = ("content-type", "text/plain;charset=UTF-8")
_JSON = ("content-type", "application/json")
_PHRASES = {HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Request Entity Too Large"}
"""API Gateway's words where Python's are others in some version."""
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_SERVER_HEADERS = frozenset({"content-length", "connection", "transfer-encoding", "date"})
"""Headers that the HTTP server writes; a function's own values are dropped."""


@dataclass(frozen=True)
class Response:
    """A complete HTTP response."""

    status: int
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    problem: str | None = field(default=None, compare=False)
    """Why the gateway responded in place of the function; for the access log only."""


class MalformedResultError(ValueError):
    """A function returned something that API Gateway cannot turn into an HTTP response."""


def gateway_response(status: HTTPStatus, problem: str | None = None) -> Response:
    """Returns an error of API Gateway itself, for example 404 {"message":"Not Found"}."""
    phrase = _PHRASES.get(status, status.phrase)
    return Response(status, [_JSON], b'{"message":"%s"}' % phrase.encode(), problem or phrase)


def function_response(outcome: Outcome) -> Response:
    """Returns the function's response, or a 500 when it failed or its result is malformed.

    A result without `statusCode` is the body of a 200.
    """
    if outcome.error is not None:
        return internal_error(f"function error: {outcome.error}")
    try:
        return _translated(json.loads(outcome.payload or b"null"))
    except ValueError as error:
        return internal_error(str(error))


def refusal_response(error: InvokeError) -> Response:
    """Returns the response for an invocation that Lambda refused."""
    problem = f"{error.code}: {error}"
    if error.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return gateway_response(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, problem)
    if error.status == HTTPStatus.TOO_MANY_REQUESTS:
        return gateway_response(HTTPStatus.SERVICE_UNAVAILABLE, problem)
    return internal_error(problem)


def internal_error(problem: str) -> Response:
    """Returns a 500 that keeps the reason from the client."""
    return gateway_response(HTTPStatus.INTERNAL_SERVER_ERROR, problem)


def _translated(result: Any) -> Response:
    if not isinstance(result, dict) or "statusCode" not in result:
        text = result if isinstance(result, str) else json.dumps(result)
        return Response(HTTPStatus.OK, [_JSON], text.encode())
    headers = _headers(result.get("headers") or {})
    if not any(name == "content-type" for name, _ in headers):
        headers.append(_TEXT)
    cookies = result.get("cookies") or []
    if not isinstance(cookies, list) or not all(isinstance(line, str) for line in cookies):
        raise MalformedResultError("cookies is not a list of strings")
    headers += [("set-cookie", _header_value(line)) for line in cookies]
    return Response(_status(result["statusCode"]), headers, _body(result))


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
