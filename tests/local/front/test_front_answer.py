"""What a function's result becomes for the client."""

import base64
import json
from typing import Any

import pytest

from local.aws.functions import Outcome
from local.front.answer import http_answer
from local.front.messages import Response


def _answer(result: Any) -> Response:
    return http_answer(Outcome(json.dumps(result).encode(), None, 1.0, False, "F"))


@pytest.mark.parametrize(
    ("result", "body"),
    [({"id": "a"}, b'{"id": "a"}'), ("Hello", b"Hello"), ([1, 2], b"[1, 2]"), (None, b"null")],
)
def test_a_result_without_status_is_the_body_of_a_200(result: Any, body: bytes) -> None:
    """Format 2.0 takes a bare object, list or text for a JSON answer."""
    answer = _answer(result)

    assert answer == Response(200, [("content-type", "application/json")], body)


def test_status_headers_cookies_and_body_reach_the_client() -> None:
    """The structured answer is passed on; header names are lower-cased, values become text."""
    answer = _answer(
        {
            "statusCode": "201",
            "headers": {"Content-Type": "text/csv", "X-Count": 3, "X-Ok": True},
            "cookies": ["a=1; Secure", "b=2"],
            "body": "x,y",
        }
    )

    assert answer.status == 201
    assert answer.body == b"x,y"
    assert list(answer.headers) == [
        ("content-type", "text/csv"),
        ("x-count", "3"),
        ("x-ok", "true"),
        ("set-cookie", "a=1; Secure"),
        ("set-cookie", "b=2"),
    ]


def test_an_encoded_body_is_decoded() -> None:
    """isBase64Encoded gives the client the bytes behind the text."""
    encoded = base64.b64encode(bytes(range(256))).decode()

    answer = _answer({"statusCode": 200, "body": encoded, "isBase64Encoded": True})

    assert answer.body == bytes(range(256))


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
def test_a_malformed_result_is_a_500(result: Any) -> None:
    """What cannot be an HTTP answer is API Gateway's own error, nothing of it gets out."""
    answer = _answer(result)

    assert answer.status == 500
    assert answer.body == b'{"message":"Internal Server Error"}'


def test_a_failed_function_is_a_500_without_its_error() -> None:
    """The stack trace of a function never reaches the client."""
    answer = http_answer(Outcome(b'{"errorMessage": "secret"}', "Unhandled", 1.0, False, "F"))

    assert answer.status == 500
    assert b"secret" not in answer.body


def test_the_server_alone_says_how_long_the_body_is() -> None:
    """A Content-Length of the function would break the connection and is dropped."""
    answer = _answer({"statusCode": 200, "headers": {"Content-Length": "5"}, "body": "x"})

    assert "content-length" not in dict(answer.headers)
