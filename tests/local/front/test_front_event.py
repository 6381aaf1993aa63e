"""The Lambda event of a request."""

import base64
from datetime import UTC, datetime
from typing import Any

import pytest

from local.front.event import Request, request_event
from local.front.routes import ApiDefinition, Match, Route, RouteTable

_MATCH = Match(Route("GET", "/{proxy+}", "Api"), "/a%20b", {"proxy": "a%20b"})
_API = ApiDefinition("123456789012", "a1b2c3", RouteTable([]))
_AT = datetime(2026, 11, 22, 13, 4, 5, 678000, tzinfo=UTC)


def _event(request: Request, match: Match = _MATCH) -> dict[str, Any]:
    return request_event(request, match, _API, _AT, "3f0a4c1e-0000")


def test_event_has_payload_format_1() -> None:
    """Every key of format 1.0 has the value that API Gateway gives it."""
    request = Request(
        method="GET",
        target="/v1/a%20b?tag=x&tag=y&empty=&q=1%2B1+2",
        headers=[
            ("Host", "localhost:8000"),
            ("User-Agent", "curl/8"),
            ("X-Tag", "one"),
            ("X-Tag", "two"),
            ("Connection", "keep-alive"),
            ("X-Amzn-Trace-Id", "Root=1-0-0"),
        ],
        source_ip="127.0.0.9",
    )

    headers = {
        "Host": ["localhost:8000"],
        "User-Agent": ["curl/8"],
        "X-Tag": ["one", "two"],
        "X-Amzn-Trace-Id": ["Root=1-0-0"],
        "X-Forwarded-For": ["127.0.0.9"],
        "X-Forwarded-Proto": ["http"],
    }
    assert _event(request) == {
        "resource": "/{proxy+}",
        "path": "/a%20b",
        "httpMethod": "GET",
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {"tag": "y", "empty": "", "q": "1+1 2"},
        "multiValueQueryStringParameters": {"tag": ["x", "y"], "empty": [""], "q": ["1+1 2"]},
        "pathParameters": {"proxy": "a%20b"},
        "stageVariables": None,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3",
            "domainName": "localhost:8000",
            "domainPrefix": "localhost:8000",
            "httpMethod": "GET",
            "identity": {"sourceIp": "127.0.0.9", "userAgent": "curl/8"},
            "path": "/v1/a%20b",
            "protocol": "HTTP/1.1",
            "requestId": "3f0a4c1e-0000",
            "requestTime": "22/Nov/2026:13:04:05 +0000",
            "requestTimeEpoch": 1795352645678,
            "resourcePath": "/{proxy+}",
            "stage": "v1",
        },
        "body": None,
        "isBase64Encoded": False,
    }


def test_empty_parts_are_null() -> None:
    """Without body, query and variables the event has null for them."""
    event = _event(Request("GET", "/v1/health"), Match(Route("GET", "/health", "A"), "/health", {}))

    parts = ("body", "queryStringParameters", "multiValueQueryStringParameters", "pathParameters")
    assert [event[part] for part in parts] == [None] * 4


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", '{"text": "Grüße"}'.encode()),
        ("multipart/form-data; boundary=x", b"--x\r\n"),
        ("application/octet-stream", bytes(range(256))),
    ],
)
def test_bodies_are_base64(content_type: str, body: bytes) -> None:
    """Every media type is binary, so that no body is damaged."""
    event = _event(Request("POST", "/v1/x", [("Content-Type", content_type)], body))

    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == body


def test_address_is_appended_to_forwarded_addresses() -> None:
    """The client's own X-Forwarded-For comes before the address that connected."""
    event = _event(Request("GET", "/v1/x", [("X-Forwarded-For", "10.0.0.1")]))

    assert event["headers"]["X-Forwarded-For"] == "10.0.0.1, 127.0.0.1"
