"""How a function's result becomes an HTTP response."""

import base64
import json
from typing import Any

import pytest

from local.aws.functions import Outcome
from local.front.response import Response, function_response


def _response(result: Any) -> Response:
    return function_response(Outcome(json.dumps(result).encode(), None, 1.0, False))


@pytest.mark.parametrize(
    ("result", "body"),
    [({"id": "a"}, b'{"id": "a"}'), ("Hello", b"Hello"), ([1, 2], b"[1, 2]"), (None, b"null")],
)
def test_result_without_status_is_body_of_200(result: Any, body: bytes) -> None:
    """Format 2.0 takes a bare object, list or text for a JSON response."""
    response = _response(result)

    assert response == Response(200, [("content-type", "application/json")], body)


def test_status_headers_cookies_and_body_reach_client() -> None:
    """Header names are lower-cased and values become text."""
    response = _response(
        {
            "statusCode": "201",
            "headers": {"Content-Type": "text/csv", "X-Count": 3, "X-Ok": True},
            "cookies": ["a=1; Secure", "b=2"],
            "body": "x,y",
        }
    )

    assert response.status == 201
    assert response.body == b"x,y"
    assert list(response.headers) == [
        ("content-type", "text/csv"),
        ("x-count", "3"),
        ("x-ok", "true"),
        ("set-cookie", "a=1; Secure"),
        ("set-cookie", "b=2"),
    ]


def test_base64_body_is_decoded() -> None:
    """With isBase64Encoded the client gets the decoded bytes."""
    encoded = base64.b64encode(bytes(range(256))).decode()

    response = _response({"statusCode": 200, "body": encoded, "isBase64Encoded": True})

    assert response.body == bytes(range(256))


@pytest.mark.parametrize(
    "result",
    [
        {"statusCode": 99},
        {"statusCode": "ok"},
        {"statusCode": True},
        {"statusCode": 200, "body": {"not": "text"}},
        {"statusCode": 200, "body": "no base64!", "isBase64Encoded": True},
        {"statusCode": 200, "headers": {"X-Split": "a\r\nSet-Cookie: b"}},
        {"statusCode": 200, "headers": {"Bad Name": "x"}},
        {"statusCode": 200, "headers": ["x"]},
        {"statusCode": 200, "cookies": "a=1"},
    ],
)
def test_malformed_result_is_500(result: Any) -> None:
    """The client gets API Gateway's own error and nothing of the result."""
    response = _response(result)

    assert response.status == 500
    assert response.body == b'{"message":"Internal Server Error"}'


def test_failed_function_is_500_without_its_error() -> None:
    """The stack trace of a function never reaches the client."""
    response = function_response(Outcome(b'{"errorMessage": "secret"}', "Unhandled", 1.0, False))

    assert response.status == 500
    assert b"secret" not in response.body


def test_content_length_of_function_is_dropped() -> None:
    """A wrong Content-Length would break the connection, so only the server writes it."""
    response = _response({"statusCode": 200, "headers": {"Content-Length": "5"}, "body": "x"})

    assert "content-length" not in dict(response.headers)
