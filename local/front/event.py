"""The Lambda event of an HTTP request: API Gateway's payload format 2.0."""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

from local.front.messages import Request
from local.front.routes import Match

_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "upgrade", "expect"})
_TEXT_TYPES = frozenset({"application/json", "application/javascript", "application/xml"})


@dataclass(frozen=True)
class ApiIdentity:
    """What every event says about the API that it came through."""

    account_id: str
    api_id: str


def request_event(
    request: Request,
    match: Match,
    identity: ApiIdentity,
    received_at: datetime,
    request_id: str,
    authorizer_context: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The event that the function of the matched route is invoked with.

    `rawPath` is decoded once, `rawQueryString` is not. Keys for which there is nothing
    (cookies, queryStringParameters, pathParameters, body) are absent, as API Gateway leaves
    them out.
    """
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": match.route.key,
        "rawPath": unquote(request.path),
        "rawQueryString": request.query,
    }
    event |= _cookies(request)
    event["headers"] = _headers(request)
    if request.query:
        event["queryStringParameters"] = _joined(parse_qsl(request.query, keep_blank_values=True))
    event["requestContext"] = _context(request, match, identity, received_at, request_id)
    if authorizer_context is not None:
        event["requestContext"]["authorizer"] = {"lambda": dict(authorizer_context)}
    if match.path_parameters:
        event["pathParameters"] = dict(match.path_parameters)
    return event | _body(request)


def new_request_id() -> str:
    """A request id in the shape of API Gateway's: 15 characters and an equals sign."""
    return base64.urlsafe_b64encode(secrets.token_bytes(11)).decode()


def _joined(pairs: list[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _cookies(request: Request) -> dict[str, list[str]]:
    lines = [value for name, value in request.headers if name.lower() == "cookie"]
    cookies = [cookie.strip() for line in lines for cookie in line.split(";") if cookie.strip()]
    return {"cookies": cookies} if cookies else {}


def _headers(request: Request) -> dict[str, str]:
    """Lower-cased, duplicates joined by commas; cookies travel in a list of their own."""
    left_out = _HOP_BY_HOP | {"cookie"}
    pairs = [(name.lower(), value) for name, value in request.headers]
    headers = _joined([pair for pair in pairs if pair[0] not in left_out])
    forwarded = headers.get("x-forwarded-for")
    headers["x-forwarded-for"] = (
        f"{forwarded}, {request.source_ip}" if forwarded else request.source_ip
    )
    headers.setdefault("x-forwarded-proto", "http")
    headers.setdefault("x-amzn-trace-id", _trace_id())
    return headers


def _trace_id() -> str:
    now = int(datetime.now(UTC).timestamp())
    return f"Root=1-{now:08x}-{secrets.token_hex(12)}"


def _context(
    request: Request,
    match: Match,
    identity: ApiIdentity,
    received_at: datetime,
    request_id: str,
) -> dict[str, Any]:
    domain = request.header("host") or "localhost"
    return {
        "accountId": identity.account_id,
        "apiId": identity.api_id,
        "domainName": domain,
        "domainPrefix": domain.partition(".")[0],
        "http": {
            "method": request.method,
            "path": unquote(request.path),
            "protocol": request.protocol,
            "sourceIp": request.source_ip,
            "userAgent": request.header("user-agent") or "",
        },
        "requestId": request_id,
        "routeKey": match.route.key,
        "stage": "$default",
        "time": received_at.strftime("%d/%b/%Y:%H:%M:%S %z"),
        "timeEpoch": int(received_at.timestamp() * 1000),
    }


def _body(request: Request) -> dict[str, Any]:
    """Text types go as they are, everything else (multipart, forms, unnamed) as base64.

    Bytes that call themselves text and are not UTF-8 go as base64 too, so that none is lost.
    """
    if not request.body:
        return {"isBase64Encoded": False}
    media_type = (request.header("content-type") or "").partition(";")[0].strip().lower()
    is_text = media_type.startswith("text/") or media_type in _TEXT_TYPES
    if (is_text or media_type.endswith("+json")) and not request.header("content-encoding"):
        try:
            return {"body": request.body.decode(), "isBase64Encoded": False}
        except UnicodeDecodeError:
            pass
    return {"body": base64.b64encode(request.body).decode(), "isBase64Encoded": True}
