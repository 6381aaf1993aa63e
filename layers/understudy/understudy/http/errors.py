"""Errors as responses: the only place that knows the HTTP status of an error."""

from collections.abc import Mapping
from typing import Final

from aws_lambda_powertools.event_handler import Response

from understudy.errors import (
    AuthenticationError,
    ConflictError,
    InvalidRequestError,
    LimitExceededError,
    MethodNotAllowedError,
    NotFoundError,
    PermissionDeniedError,
    RequestError,
    TooLargeError,
    UnsupportedMediaError,
)
from understudy.http.responses import json_response

STATUSES: Final[Mapping[type[RequestError], int]] = {
    InvalidRequestError: 400,
    AuthenticationError: 401,
    PermissionDeniedError: 403,
    NotFoundError: 404,
    MethodNotAllowedError: 405,
    ConflictError: 409,
    TooLargeError: 413,
    UnsupportedMediaError: 415,
    LimitExceededError: 429,
}
UNAVAILABLE = "The server is temporarily unavailable. Please retry shortly."


def request_error(error: RequestError) -> Response[str]:
    """Returns the response to a request that the client has to change."""
    limited = isinstance(error, LimitExceededError)
    return error_response(
        STATUSES[type(error)],
        error.message,
        "requests" if limited else "invalid_request_error",
        param=error.param,
        code=error.code,
        headers=_headers(error),
    )


def unavailable(text: str = UNAVAILABLE, *, retry: bool = True) -> Response[str]:
    """Returns the response while the table, the bucket or the provider is not available."""
    headers = {"retry-after": "1"} if retry else {"x-should-retry": "false"}
    return error_response(503, text, "server_error", code="unavailable", headers=headers)


def server_error() -> Response[str]:
    """Returns the response to an unexpected error, without any detail of the error."""
    text = "The server had an error while processing your request."
    return error_response(500, text, "server_error")


def error_response(
    status: int,
    message: str,
    kind: str,
    *,
    param: str | None = None,
    code: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response[str]:
    """Returns an error in the shape of OpenAI's error bodies."""
    error = {"message": message, "type": kind, "param": param, "code": code}
    return json_response({"error": error}, headers, status)


def _headers(error: RequestError) -> dict[str, str]:
    match error:
        case LimitExceededError(retry_after=None):
            return {"x-should-retry": "false"}  # the SDKs would retry any 429
        case LimitExceededError(retry_after=seconds):
            return {"retry-after": str(seconds)}
        case ConflictError(passes=passes):
            # The SDKs retry a 409, which helps only while the other request is in progress.
            return {"x-should-retry": "true" if passes else "false"}
        case MethodNotAllowedError(allowed=allowed):
            return {"allow": ", ".join(allowed)}
        case AuthenticationError():
            return {"www-authenticate": "Bearer"}
        case _:
            return {}
