"""Requests that the API refuses, with API Gateway's own errors."""

import socket
import threading
from typing import Any

import pytest

from local.aws.functions import InvokeError
from tests.limits import WAIT_SECONDS
from tests.local.front.apis import ROUTES, Functions, echo, reply, rest_api, status_line
from tests.local.front.conftest import Serve


@pytest.mark.parametrize("path", ["/nowhere", "/", "/v1", "/v12/x", "/v2/x"])
def test_unknown_route_is_403(serve: Serve, path: str) -> None:
    """API Gateway responds itself when no route matches: a path of another stage, or no path."""
    _, client = serve(ROUTES, Functions())

    response = client.get(path)

    missing = {"message": "Missing Authentication Token"}
    assert (response.status_code, response.json()) == (403, missing)
    assert response.headers["x-amzn-requestid"]


def test_definition_gives_errors_their_form(serve: Serve) -> None:
    """By type, and else by the class of the status."""
    parameters = {
        "gatewayresponse.header.X-Request-Id": "context.requestId",
        "gatewayresponse.header.X-Fixed": "'yes'",
    }
    errors = {
        "MISSING_AUTHENTICATION_TOKEN": {
            "statusCode": 404,
            "responseParameters": parameters,
            "responseTemplates": {"application/json": '{"error": "unknown"}'},
        },
        "DEFAULT_5XX": {"responseTemplates": {"application/json": '{"error": "failed"}'}},
    }
    _, client = serve(rest_api({"GET /x": "Api"}, errors=errors), Functions(Api=lambda _: None))

    unknown, failed = client.get("/v1/y"), client.get("/v1/x")

    assert (unknown.status_code, unknown.json()) == (404, {"error": "unknown"})
    assert unknown.headers["x-request-id"] == unknown.headers["x-amzn-requestid"]
    assert unknown.headers["x-fixed"] == "yes"
    assert (failed.status_code, failed.json()) == (502, {"error": "failed"})


@pytest.mark.parametrize(("count", "status"), [(10_100, 200), (10_300, 431)])
def test_request_line_and_headers_are_limited(serve: Serve, count: int, status: int) -> None:
    """Request line and headers may have 10,240 bytes together."""
    _, client = serve(ROUTES, Functions(Api=echo))
    wanted = "GET /v1/x HTTP/1.1\r\n"
    request = client.build_request("GET", "/v1/x", headers={"x-pad": ""})
    used = len(wanted) + sum(len(k) + len(v) + 4 for k, v in request.headers.raw)
    request.headers["x-pad"] = "x" * (count - used)

    assert client.send(request).status_code == status


def test_body_over_ten_megabytes_is_413(serve: Serve) -> None:
    """The client reads the refusal after it has sent everything; the function never runs."""
    functions = Functions(Api=echo)
    _, client = serve(ROUTES, functions)

    declared = client.post("/v1/x", content=b"x" * (10 * 1024 * 1024 + 1))
    chunked = client.post("/v1/x", content=iter([b"x" * (1024 * 1024)] * 11))

    for response in (declared, chunked):
        assert (response.status_code, response.json()) == (
            413,
            {"message": "Request Too Long"},
        )
    assert functions.events == []


@pytest.mark.parametrize(
    ("content_type", "size", "status"),
    [
        ("application/json", 4_500_000, 200),
        ("application/json", 4_800_000, 413),
        ("application/octet-stream", 4_500_000, 200),
        ("application/octet-stream", 4_800_000, 413),
    ],
)
def test_event_over_six_megabytes_is_413(
    serve: Serve, content_type: str, size: int, status: int
) -> None:
    """Lambda's limit counts the encoded body, which leaves about 4.5 MB of binary data."""
    _, client = serve(ROUTES, Functions(Api=echo))

    response = client.post("/v1/x", content=b"x" * size, headers={"content-type": content_type})

    assert response.status_code == status


def test_slow_function_is_504(serve: Serve) -> None:
    """The client gets its response at the integration limit, while the function still runs."""
    released = threading.Event()
    functions = Functions(Api=lambda _: reply(released.wait(WAIT_SECONDS)))
    _, client = serve(ROUTES, functions, integration_seconds=0.05)

    response = client.get("/v1/slow")

    assert (response.status_code, response.json()) == (
        504,
        {"message": "Endpoint request timed out"},
    )
    released.set()


@pytest.mark.parametrize(
    ("code", "status", "status_code"),
    [
        ("TooManyRequestsException", 429, 500),
        ("RequestTooLargeException", 413, 413),
        ("ServiceException", 500, 500),
    ],
)
def test_refusal_of_lambda_is_translated(
    serve: Serve, code: str, status: int, status_code: int
) -> None:
    """API Gateway treats what Lambda refuses as its own error, except for a large event."""

    def refuse(_: dict[str, Any]) -> None:
        raise InvokeError(code, "no", status)

    _, client = serve(ROUTES, Functions(Api=refuse))

    assert client.get("/v1/x").status_code == status_code


def test_error_of_runtime_is_500(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    """If the function cannot run, the client gets a 500 and the log has the reason."""

    def explode(_: dict[str, Any]) -> None:
        raise KeyError("worker pool is gone")

    _, client = serve(ROUTES, Functions(Api=explode))

    response = client.get("/v1/x")

    assert (response.status_code, response.json()) == (500, {"message": "Internal server error"})
    assert "worker pool is gone" in caplog.text


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"NONSENSE\r\n\r\n", b"HTTP/1.1 400 Bad Request"),
        (b"TRACE /health HTTP/1.1\r\nHost: x\r\n\r\n", b"HTTP/1.1 403 Forbidden"),
        (b"POST /v1/x HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"HTTP/1.1 400 Bad Request"),
        (
            b"POST /v1/x HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
            b"HTTP/1.1 400 Bad Request",
        ),
        (
            b"POST /v1/x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"HTTP/1.1 400 Bad Request",
        ),
        (
            b"GET /v1/x HTTP/1.1\r\n" + b"A: b\r\n" * 101 + b"\r\n",
            b"HTTP/1.1 431 Request Header Fields Too Large",
        ),
    ],
)
def test_broken_or_ambiguous_request_is_refused(
    wire: socket.socket, raw: bytes, status: bytes
) -> None:
    """The client gets a 4xx, and no function runs."""
    wire.sendall(raw)

    assert status_line(wire) == status
