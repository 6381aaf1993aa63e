"""Errors of API Gateway itself, in the form that the API's definition gives them."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from local.front.response import Response

_DEFAULTS = {
    "MISSING_AUTHENTICATION_TOKEN": (HTTPStatus.FORBIDDEN, "Missing Authentication Token"),
    "REQUEST_TOO_LARGE": (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Request Too Long"),
    "INTEGRATION_TIMEOUT": (HTTPStatus.GATEWAY_TIMEOUT, "Endpoint request timed out"),
    "BAD_REQUEST": (HTTPStatus.BAD_REQUEST, "Bad Request"),
    "HEADERS_TOO_LARGE": (HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "Request Header Too Long"),
    "INVOCATION_REFUSED": (HTTPStatus.INTERNAL_SERVER_ERROR, "Internal server error"),
    "FUNCTION_FAILED": (HTTPStatus.BAD_GATEWAY, "Internal server error"),
}
"""Statuses and texts without a definition. The types that API Gateway has no name for have names of
this module: the definition's DEFAULT_4XX and DEFAULT_5XX apply to them."""

_HEADER = "gatewayresponse.header."
_JSON = "application/json"
_CLIENT_ERRORS = 500


class GatewayError(Exception):
    """API Gateway responds in place of the function; `kind` is the type of its response."""

    def __init__(self, kind: str, reason: object = "") -> None:
        super().__init__(f"{kind} {reason}")
        self.kind = kind


def gateway_response(kind: str, defined: Mapping[str, Any], request_id: str) -> Response:
    """Returns the response of a type, with what the API's definition says about it."""
    status, text = _DEFAULTS[kind]
    general = "DEFAULT_4XX" if status < _CLIENT_ERRORS else "DEFAULT_5XX"
    given = defined.get(kind) or defined.get(general) or {}
    body = given.get("responseTemplates", {}).get(_JSON) or json.dumps({"message": text})
    headers = [("content-type", _JSON)]
    for name, value in given.get("responseParameters", {}).items():
        shown = request_id if value == "context.requestId" else value.strip("'")
        headers.append((name.removeprefix(_HEADER).lower(), shown))
    return Response(int(given.get("statusCode", status)), headers, [body.encode()])
