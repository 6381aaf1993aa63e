"""Builds the Lambda event of an HTTP request: API Gateway's payload format 1.0."""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from local.front.routes import STAGE, ApiDefinition, Match

_NOT_FORWARDED = frozenset({"connection", "keep-alive", "transfer-encoding", "upgrade", "expect"})


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

    The path is without the stage and percent-encoded, query parameters are decoded. What is empty
    is null. The API declares every media type as binary, so every body is base64.
    """
    headers = _lists(_headers(request))
    query = _lists(parse_qsl(request.query, keep_blank_values=True))
    return {
        "resource": match.route.path,
        "path": match.path,
        "httpMethod": request.method,
        "headers": _last(headers),
        "multiValueHeaders": headers,
        "queryStringParameters": _last(query) or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": dict(match.path_parameters) or None,
        "stageVariables": None,
        "requestContext": _context(request, match, api, received_at, request_id),
        "body": base64.b64encode(request.body).decode() if request.body else None,
        "isBase64Encoded": bool(request.body),
    }


def _lists(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    lists: dict[str, list[str]] = {}
    for name, value in pairs:
        lists.setdefault(name, []).append(value)
    return lists


def _last(lists: dict[str, list[str]]) -> dict[str, str]:
    return {name: values[-1] for name, values in lists.items()}


def _headers(request: Request) -> list[tuple[str, str]]:
    """The client's headers in its spelling, with those that API Gateway adds."""
    sent = {name.lower(): value for name, value in request.headers}
    kept = [
        (name, value)
        for name, value in request.headers
        if name.lower() not in _NOT_FORWARDED | {"x-forwarded-for"}
    ]
    before = sent.get("x-forwarded-for")
    added = {"X-Forwarded-For": f"{before}, {request.source_ip}" if before else request.source_ip}
    if "x-forwarded-proto" not in sent:
        added["X-Forwarded-Proto"] = "http"
    if "x-amzn-trace-id" not in sent:
        now = int(datetime.now(UTC).timestamp())
        added["X-Amzn-Trace-Id"] = f"Root=1-{now:08x}-{secrets.token_hex(12)}"
    return [*kept, *added.items()]


def _context(
    request: Request, match: Match, api: ApiDefinition, received_at: datetime, request_id: str
) -> dict[str, Any]:
    domain = request.header("host") or "localhost"
    return {
        "accountId": api.account_id,
        "apiId": api.api_id,
        "domainName": domain,
        "domainPrefix": domain.partition(".")[0],
        "httpMethod": request.method,
        "identity": {
            "sourceIp": request.source_ip,
            "userAgent": request.header("user-agent") or None,
        },
        "path": request.path,
        "protocol": request.protocol,
        "requestId": request_id,
        "requestTime": received_at.strftime("%d/%b/%Y:%H:%M:%S %z"),
        "requestTimeEpoch": int(received_at.timestamp() * 1000),
        "resourcePath": match.route.path,
        "stage": STAGE,
    }
