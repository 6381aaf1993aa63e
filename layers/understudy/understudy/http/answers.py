"""Answers: JSON bodies, and errors in the body shape that OpenAI's clients know."""

import json
from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.event_handler import Response

from understudy.errors import (
    AuthenticationError,
    ConflictError,
    LimitExceededError,
    MethodNotAllowedError,
    RequestError,
)

JSON = "application/json"


def answer(
    body: Mapping[str, Any], headers: Mapping[str, str] | None = None, status: int = 200
) -> Response[str]:
    """A JSON answer."""
    return Response(
        status_code=status, content_type=JSON, body=serialize(body), headers=dict(headers or {})
    )


def serialize(body: Any) -> str:
    """JSON without blanks, and without escapes for what is not ASCII."""
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False)


def refused(error: RequestError) -> Response[str]:
    """The answer to a request that cannot be served as it stands."""
    headers = {}
    if isinstance(error, LimitExceededError) and error.retry_after is not None:
        headers["retry-after"] = str(error.retry_after)
    if isinstance(error, LimitExceededError) and error.retry_after is None:
        headers["x-should-retry"] = "false"  # the SDKs would try again on any 429
    if isinstance(error, ConflictError):
        # The SDKs try again on 409; that helps only while the other request is at work.
        headers["x-should-retry"] = "true" if error.passes else "false"
    if isinstance(error, MethodNotAllowedError):
        headers["allow"] = ", ".join(error.allowed)
    if isinstance(error, AuthenticationError):
        headers["www-authenticate"] = "Bearer"
    return _error(
        error.status, error.message, error.type, param=error.param, code=error.code, headers=headers
    )


def unavailable() -> Response[str]:
    """The answer while the table or a bucket is out of reach."""
    text = "The service is overloaded; try again shortly."
    return _error(503, text, "server_error", code="unavailable", headers={"retry-after": "1"})


def server_error() -> Response[str]:
    """The answer to what was not foreseen: nothing of what happened leaves the account."""
    text = "The server had an error while processing your request."
    return _error(500, text, "server_error")


def as_event(response: Response[Any]) -> dict[str, Any]:
    """A response as Lambda returns it to API Gateway."""
    headers = {name: str(value) for name, value in (response.headers or {}).items()}
    headers["content-type"] = JSON
    return {"statusCode": response.status_code, "headers": headers, "body": response.body}


def _error(
    status: int,
    message: str,
    kind: str,
    *,
    param: str | None = None,
    code: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response[str]:
    known = {"message": message, "type": kind, "param": param, "code": code}
    return answer({"error": known}, headers, status)
