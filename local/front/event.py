"""Builds the Lambda event of an HTTP request: API Gateway's payload format 2.0."""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

from local.front.routes import ApiDefinition, Match

_NOT_FORWARDED = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "upgrade", "expect", "cookie"}
)
_TEXT_TYPES = frozenset({"application/json", "application/javascript", "application/xml"})


@dataclass(frozen=True)
class Request:
    """A request as it came over the wire."""

    method: str
    target: str
    """Path and query, still percent-encoded."""
    headers: Sequence[tuple[str, str]] = ()
    """In the client's order and spelling."""
    body: bytes = b""
    protocol: str = "HTTP/1.1"
    source_ip: str = "127.0.0.1"

    @property
    def path(self) -> str:
        """The path, still percent-encoded."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The query string, still percent-encoded, without the question mark."""
        return self.target.partition("?")[2]

    def header(self, name: str) -> str:
        """Returns all values of one header joined by commas; empty if it was not sent."""
        return ",".join(value for key, value in self.headers if key.lower() == name)


def request_event(
    request: Request, match: Match, api: ApiDefinition, received_at: datetime, request_id: str
) -> dict[str, Any]:
    """Returns the event for the function of the matched route.

    `rawPath` is decoded once, `rawQueryString` is not. Like API Gateway, it leaves out cookies,
    queryStringParameters, pathParameters and body where they are empty.
    """
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": match.route.key,
        "rawPath": unquote(request.path),
        "rawQueryString": request.query,
        "headers": _headers(request),
        "requestContext": _context(request, match, api, received_at, request_id),
    }
    optional = {
        "cookies": _cookies(request),
        "queryStringParameters": _joined(parse_qsl(request.query, keep_blank_values=True)),
        "pathParameters": dict(match.path_parameters),
    }
    return event | {name: value for name, value in optional.items() if value} | _body(request)


def new_request_id() -> str:
    """Returns a request id shaped like API Gateway's: 15 characters and an equals sign."""
    return base64.urlsafe_b64encode(secrets.token_bytes(11)).decode()


def _joined(pairs: list[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _cookies(request: Request) -> list[str]:
    lines = [value for name, value in request.headers if name.lower() == "cookie"]
    return [cookie.strip() for line in lines for cookie in line.split(";") if cookie.strip()]


def _headers(request: Request) -> dict[str, str]:
    """Lower-cased names, duplicates joined by commas; cookies have a list of their own."""
    pairs = [(name.lower(), value) for name, value in request.headers]
    headers = _joined([pair for pair in pairs if pair[0] not in _NOT_FORWARDED])
    forwarded = headers.get("x-forwarded-for")
    headers["x-forwarded-for"] = (
        f"{forwarded}, {request.source_ip}" if forwarded else request.source_ip
    )
    headers.setdefault("x-forwarded-proto", "http")
    now = int(datetime.now(UTC).timestamp())
    headers.setdefault("x-amzn-trace-id", f"Root=1-{now:08x}-{secrets.token_hex(12)}")
    return headers


def _context(
    request: Request, match: Match, api: ApiDefinition, received_at: datetime, request_id: str
) -> dict[str, Any]:
    domain = request.header("host") or "localhost"
    return {
        "accountId": api.account_id,
        "apiId": api.api_id,
        "domainName": domain,
        "domainPrefix": domain.partition(".")[0],
        "http": {
            "method": request.method,
            "path": unquote(request.path),
            "protocol": request.protocol,
            "sourceIp": request.source_ip,
            "userAgent": request.header("user-agent"),
        },
        "requestId": request_id,
        "routeKey": match.route.key,
        "stage": "$default",
        "time": received_at.strftime("%d/%b/%Y:%H:%M:%S %z"),
        "timeEpoch": int(received_at.timestamp() * 1000),
    }


def _body(request: Request) -> dict[str, Any]:
    """Text types as they are; everything else, and text that is not UTF-8, as base64."""
    if not request.body:
        return {"isBase64Encoded": False}
    media_type = request.header("content-type").partition(";")[0].strip().lower()
    is_text = media_type.startswith("text/") or media_type in _TEXT_TYPES
    if (is_text or media_type.endswith("+json")) and not request.header("content-encoding"):
        try:
            return {"body": request.body.decode(), "isBase64Encoded": False}
        except UnicodeDecodeError:
            pass
    return {"body": base64.b64encode(request.body).decode(), "isBase64Encoded": True}
