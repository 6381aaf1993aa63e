"""The Lambda event of a request."""

import base64
from datetime import UTC, datetime
from typing import Any

import pytest

from local.front.event import Request, new_request_id, request_event
from local.front.routes import ApiDefinition, Match, Route, RouteTable

_MATCH = Match(Route("GET", "/v1/{proxy+}", "Api"), {"proxy": "a b"})
_API = ApiDefinition("123456789012", "a1b2c3", RouteTable([]))
_AT = datetime(2026, 11, 22, 13, 4, 5, 678000, tzinfo=UTC)


def _event(request: Request, match: Match = _MATCH) -> dict[str, Any]:
    return request_event(request, match, _API, _AT, "JKJaXmPLvHcESHA=")


def test_event_has_payload_format_2() -> None:
    """Every key of format 2.0 has the value that API Gateway gives it."""
    request = Request(
        method="GET",
        target="/v1/a%20b?tag=x&tag=y&empty=&q=1%2B1+2",
        headers=[
            ("Host", "localhost:8000"),
            ("User-Agent", "curl/8"),
            ("X-Tag", "one"),
            ("x-tag", "two"),
            ("Cookie", "a=1; b=2"),
            ("Connection", "keep-alive"),
            ("X-Amzn-Trace-Id", "Root=1-0-0"),
        ],
        source_ip="127.0.0.9",
    )

    assert _event(request) == {
        "version": "2.0",
        "routeKey": "GET /v1/{proxy+}",
        "rawPath": "/v1/a b",
        "rawQueryString": "tag=x&tag=y&empty=&q=1%2B1+2",
        "cookies": ["a=1", "b=2"],
        "headers": {
            "host": "localhost:8000",
            "user-agent": "curl/8",
            "x-tag": "one,two",
            "x-amzn-trace-id": "Root=1-0-0",
            "x-forwarded-for": "127.0.0.9",
            "x-forwarded-proto": "http",
        },
        "queryStringParameters": {"tag": "x,y", "empty": "", "q": "1+1 2"},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3",
            "domainName": "localhost:8000",
            "domainPrefix": "localhost:8000",
            "http": {
                "method": "GET",
                "path": "/v1/a b",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.9",
                "userAgent": "curl/8",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "GET /v1/{proxy+}",
            "stage": "$default",
            "time": "22/Nov/2026:13:04:05 +0000",
            "timeEpoch": 1795352645678,
        },
        "pathParameters": {"proxy": "a b"},
        "isBase64Encoded": False,
    }


def test_empty_parts_are_absent() -> None:
    """Without body, query, cookies and variables the event has no keys for them."""
    event = _event(Request("GET", "/health"), Match(Route("GET", "/health", "Api"), {}))

    assert not {"body", "queryStringParameters", "cookies", "pathParameters"} & set(event)
    assert event["rawQueryString"] == ""


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=utf-8", "text/csv"]
)
def test_text_bodies_are_not_encoded(content_type: str) -> None:
    """JSON and text/* bodies reach the function as text."""
    body = '{"text": "Grüße"}'

    event = _event(Request("POST", "/v1/x", [("Content-Type", content_type)], body.encode()))

    assert (event["body"], event["isBase64Encoded"]) == (body, False)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data; boundary=x", b"--x\r\n"),
        ("application/x-www-form-urlencoded", b"a=1"),
        ("application/octet-stream", bytes(range(256))),
        ("application/json", b"\xff\xfe{"),
    ],
)
def test_other_bodies_are_base64(content_type: str, body: bytes) -> None:
    """The function can decode binary types, forms and text that is not UTF-8 without loss."""
    event = _event(Request("POST", "/v1/x", [("Content-Type", content_type)], body))

    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == body


def test_address_is_appended_to_forwarded_addresses() -> None:
    """The client's own X-Forwarded-For comes before the address that connected."""
    event = _event(Request("GET", "/v1/x", [("X-Forwarded-For", "10.0.0.1")]))

    assert event["headers"]["x-forwarded-for"] == "10.0.0.1, 127.0.0.1"


def test_request_ids_are_unique() -> None:
    """Two requests never share an id, and ids have API Gateway's format."""
    ids = {new_request_id() for _ in range(100)}

    assert len(ids) == 100
    assert all(len(text) == 16 and text.endswith("=") for text in ids)
