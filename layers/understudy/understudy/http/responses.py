"""Responses: JSON bodies, and their size as Lambda counts it."""

import json
from collections.abc import Mapping
from typing import Any, Final

from aws_lambda_powertools.event_handler import Response

from understudy.domain.lists import MAX_PAGE_BYTES

JSON: Final = "application/json"
MAX_RESPONSE_BYTES: Final = 6_000_000
"""Bytes of a body in Lambda's response, of 6,291,556 with headers and all."""

BYTES_PER_CHARACTER: Final = 4
"""At most: UTF-8 has four, and an escaped character has two."""


def json_response(
    body: Mapping[str, Any], headers: Mapping[str, str] | None = None, status: int = 200
) -> Response[str]:
    """Returns a JSON response."""
    return Response(
        status_code=status, content_type=JSON, body=serialize(body), headers=dict(headers or {})
    )


def serialize(body: Any) -> str:
    """Returns JSON without spaces, and without escapes for characters outside ASCII."""
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False)


def size_in_event(body: str) -> int:
    """Returns the bytes that a body takes in Lambda's response, where JSON is escaped once more."""
    return len(body.encode("utf-8", "surrogatepass")) + body.count('"') + body.count("\\")


def is_too_large(body: Any) -> bool:
    """Returns whether a text body is more than Lambda can return."""
    return isinstance(body, str) and _is_above(body, MAX_RESPONSE_BYTES)


def serialize_bounded(body: Any, *, from_end: bool = False) -> str:
    """Returns the JSON of a response body; a page that is too large ends early.

    At least one object stays. With `from_end` the objects at the end stay: a page that ends before
    a cursor is continued from its first object.
    """
    text = serialize(body)
    if "first_id" not in body or not _is_above(text, MAX_PAGE_BYTES):
        return text
    objects = body["data"][::-1] if from_end else body["data"]
    kept: list[Any] = []
    size = 0
    for each in objects:
        size += size_in_event(serialize(each))
        if kept and size > MAX_PAGE_BYTES:
            break
        kept.append(each)
    if len(kept) == len(objects):
        return text
    data = kept[::-1] if from_end else kept
    ends = {"first_id": data[0]["id"], "last_id": data[-1]["id"]}
    return serialize({**body, "data": data, **ends, "has_more": True})


def _is_above(text: str, limit: int) -> bool:
    return len(text) * BYTES_PER_CHARACTER > limit and size_in_event(text) > limit


def as_event(response: Response[Any]) -> dict[str, Any]:
    """Returns the response as Lambda returns it to API Gateway."""
    headers = {name: str(value) for name, value in (response.headers or {}).items()}
    headers["content-type"] = JSON
    return {"statusCode": response.status_code, "headers": headers, "body": response.body}
