"""API Gateway's event of a request and a function's response to it: payload format 1.0."""

from typing import Any
from urllib.parse import unquote


def normalized(event: dict[str, Any]) -> dict[str, Any]:
    """Returns the event with the path decoded, and with one value for each header and parameter.

    API Gateway passes on the path as the client encoded it, the names of headers as the client
    spelled them, and the values of repeated headers and query parameters as lists. Here the names
    are in lower case, and the values of a list are joined by commas.
    """
    headers: dict[str, list[str]] = {}
    for name, values in (event.get("multiValueHeaders") or {}).items():
        headers.setdefault(name.lower(), []).extend(values)
    query = event.get("multiValueQueryStringParameters") or {}
    return {
        **event,
        "path": unquote(event.get("path") or "/"),
        "httpMethod": event.get("httpMethod") or "",
        "headers": {name: ",".join(values) for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {name: ",".join(values) for name, values in query.items()},
        "requestContext": event.get("requestContext") or {},
    }


def with_single_headers(response: dict[str, Any]) -> dict[str, Any]:
    """Returns Powertools' response with one value for each header.

    The response is the same for a buffered function and as the start of a stream.
    """
    lists: dict[str, list[str]] = response.pop("multiValueHeaders", {})
    return {**response, "headers": {name: ",".join(values) for name, values in lists.items()}}
