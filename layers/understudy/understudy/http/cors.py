"""Cross-origin requests: browsers may call the API from the origins that the operator allows."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

METHODS: Final = "GET, POST, PUT, DELETE"
EXPOSED: Final = (
    "openai-poll-after-ms, openai-processing-ms, openai-version, x-request-id, retry-after, "
    "x-should-retry, idempotent-replayed, location"
)
PREFLIGHT_SECONDS: Final = "7200"
"""The longest time that Chromium caches the response to a preflight request."""


def cors_headers(headers: Mapping[str, str], allowed: Sequence[str]) -> dict[str, str]:
    """Returns the CORS headers of a response, empty if cross-origin requests are off.

    `headers` are the request's. An allowed origin may be `*`: requests carry keys and no cookies.
    """
    if not allowed:
        return {}
    origin = headers.get("origin")
    if origin is None or not ({origin, "*"} & set(allowed)):
        return {"vary": "origin"}
    return {
        "vary": "origin",
        "access-control-allow-origin": origin,
        "access-control-expose-headers": EXPOSED,
    }


def preflight(
    method: str, headers: Mapping[str, str], allowed: Sequence[str]
) -> dict[str, Any] | None:
    """Returns the response to a preflight request from an allowed origin, else None.

    A browser sends it without a key before it sends the request itself.
    """
    granted = cors_headers(headers, allowed)
    asked = "access-control-request-method" in headers
    if method != "OPTIONS" or not asked or "access-control-allow-origin" not in granted:
        return None
    more = {
        "access-control-allow-methods": METHODS,
        "access-control-max-age": PREFLIGHT_SECONDS,
    }
    # The SDKs send many headers of their own; a fixed list would soon be out of date.
    if wanted := headers.get("access-control-request-headers"):
        more["access-control-allow-headers"] = wanted
    return {"statusCode": 204, "headers": granted | more, "body": ""}
