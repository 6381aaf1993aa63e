"""How a function's result becomes an HTTP response."""

import base64
import json
from typing import Any

import pytest

from local.aws.functions import Outcome
from local.front.response import MalformedResultError, Response, function_response


def _response(result: Any) -> Response:
    return function_response(Outcome(json.dumps(result).encode(), None))


def test_status_headers_and_body_reach_client() -> None:
    """Header names are lower-cased and values become text."""
    response = _response(
        {
            "statusCode": "201",
            "headers": {"Content-Type": "text/csv", "X-Count": 3, "X-Ok": True},
            "multiValueHeaders": {"Set-Cookie": ["a=1; Secure", "b=2"], "x-count": [4]},
            "body": "x,y",
        }
    )

    assert response.status == 201
    assert response.body == [b"x,y"]
    assert list(response.headers) == [
        ("content-type", "text/csv"),
        ("x-ok", "true"),
        ("set-cookie", "a=1; Secure"),
        ("set-cookie", "b=2"),
        ("x-count", "4"),
    ]


def test_base64_body_is_decoded() -> None:
    """With isBase64Encoded the client gets the decoded bytes."""
    encoded = base64.b64encode(bytes(range(256))).decode()

    response = _response({"statusCode": 200, "body": encoded, "isBase64Encoded": True})

    assert response.body == [bytes(range(256))]


@pytest.mark.parametrize(
    "result",
    [
        {"id": "a"},
        "Hello",
        None,
        {"statusCode": 99},
        {"statusCode": "ok"},
        {"statusCode": True},
        {"statusCode": 200, "body": {"not": "text"}},
        {"statusCode": 200, "body": "no base64!", "isBase64Encoded": True},
        {"statusCode": 200, "headers": {"X-Split": "a\r\nSet-Cookie: b"}},
    ],
)
def test_malformed_result_is_an_error(result: Any) -> None:
    """The client gets API Gateway's own error for it."""
    with pytest.raises(MalformedResultError):
        _response(result)


def test_failed_function_is_an_error_without_its_text() -> None:
    """The stack trace of a function does not reach the client."""
    outcome = Outcome(b'{"errorMessage": "secret"}', "Unhandled")

    with pytest.raises(MalformedResultError) as raised:
        function_response(outcome)
    assert "secret" not in str(raised.value)


def test_content_length_of_function_is_dropped() -> None:
    """A wrong Content-Length would break the connection, so only the server writes it."""
    response = _response({"statusCode": 200, "headers": {"Content-Length": "5"}, "body": "x"})

    assert "content-length" not in dict(response.headers)
