"""From the result of a Lambda function to an HTTP answer: payload format 2.0."""

import base64
import binascii
import json
import re
from http import HTTPStatus
from typing import Any

from local.aws.functions import Outcome
from local.front.messages import Response, gateway_answer

_JSON = ("content-type", "application/json")
_TEXT = ("content-type", "text/plain;charset=UTF-8")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OWN_HEADERS = frozenset({"content-length", "connection", "transfer-encoding", "date"})
"""Written by the server, whatever the function says."""


class MalformedAnswerError(ValueError):
    """A function returned something that API Gateway cannot turn into an HTTP answer."""


def http_answer(outcome: Outcome) -> Response:
    """The answer for the client: the function's own, or 500 when it failed or is malformed.

    A result without `statusCode` is the body of a 200, as format 2.0 has it.
    """
    if outcome.error is not None:
        return _internal_error(f"function error: {outcome.error}")
    try:
        return _translate(json.loads(outcome.payload or b"null"))
    except ValueError as error:
        return _internal_error(str(error))


def _internal_error(problem: str) -> Response:
    return gateway_answer(HTTPStatus.INTERNAL_SERVER_ERROR, "Internal Server Error", problem)


def _translate(result: Any) -> Response:
    if not isinstance(result, dict) or "statusCode" not in result:
        text = result if isinstance(result, str) else json.dumps(result)
        return Response(HTTPStatus.OK, [_JSON], text.encode())
    headers = _headers(result.get("headers") or {})
    if not any(name == "content-type" for name, _ in headers):
        headers.append(_TEXT)
    cookies = result.get("cookies") or []
    if not isinstance(cookies, list) or not all(isinstance(line, str) for line in cookies):
        raise MalformedAnswerError("cookies is not a list of strings")
    headers += [("set-cookie", _header_value(line)) for line in cookies]
    return Response(_status(result["statusCode"]), headers, _body(result))


def _status(code: Any) -> int:
    if isinstance(code, bool) or not str(code).isdecimal() or not 200 <= int(code) <= 599:
        raise MalformedAnswerError(f"statusCode {code!r} is not an HTTP status")
    return int(code)


def _headers(headers: Any) -> list[tuple[str, str]]:
    if not isinstance(headers, dict):
        raise MalformedAnswerError("headers is not an object")
    lowered = {str(name).lower(): value for name, value in headers.items()}
    for name in lowered:
        if not _HEADER_NAME.fullmatch(name):
            raise MalformedAnswerError(f"{name!r} is not a header name")
    return [
        (name, _header_value(value)) for name, value in lowered.items() if name not in _OWN_HEADERS
    ]


def _header_value(value: Any) -> str:
    if not isinstance(value, str | int | float):
        raise MalformedAnswerError(f"header value {value!r} is not text")
    text = json.dumps(value) if isinstance(value, bool) else str(value)
    if any(mark in text for mark in "\r\n\0"):
        raise MalformedAnswerError("a header value holds a line break")
    return text


def _body(result: dict[str, Any]) -> bytes:
    body = result.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise MalformedAnswerError("body is not a string")
    if not result.get("isBase64Encoded"):
        return body.encode()
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise MalformedAnswerError("body is not base64 though isBase64Encoded says so") from error
