"""Requests that the API refuses, with API Gateway's own errors."""

import socket
import threading
from typing import Any

import pytest

from local.aws.functions import InvokeError
from tests.limits import WAIT_SECONDS
from tests.local.front.apis import ROUTES, Functions, echo, status_line
from tests.local.front.conftest import Serve


def test_unknown_route_is_404(serve: Serve) -> None:
    """API Gateway responds itself when no route matches."""
    _, client = serve(ROUTES, Functions())

    response = client.get("/nowhere")

    assert (response.status_code, response.json()) == (404, {"message": "Not Found"})
    assert response.headers["apigw-requestid"]


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
            {"message": "Request Entity Too Large"},
        )
    assert functions.events == []


@pytest.mark.parametrize(
    ("content_type", "size", "status"),
    [
        ("text/plain", 6_000_000, 200),
        ("text/plain", 6_300_000, 413),
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


def test_slow_function_is_503(serve: Serve) -> None:
    """The client gets its response at the integration limit, while the function still runs."""
    released = threading.Event()
    functions = Functions(Api=lambda _: {"released": released.wait(WAIT_SECONDS)})
    api, client = serve(ROUTES, functions, integration_seconds=0.05)

    response = client.get("/v1/slow")

    assert (response.status_code, response.json()) == (503, {"message": "Service Unavailable"})
    assert api.access_log.wait_for(1, WAIT_SECONDS)[0]["error"] == "no response within 0.05 s"
    released.set()


@pytest.mark.parametrize(
    ("code", "status", "status_code"),
    [
        ("TooManyRequestsException", 429, 503),
        ("RequestTooLargeException", 413, 413),
        ("ServiceException", 500, 500),
    ],
)
def test_refusal_of_lambda_is_translated(
    serve: Serve, code: str, status: int, status_code: int
) -> None:
    """Exhausted concurrency is a retryable 503; other refusals are not the client's fault."""

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

    assert (response.status_code, response.json()) == (500, {"message": "Internal Server Error"})
    assert "worker pool is gone" in caplog.text


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"NONSENSE\r\n\r\n", b"HTTP/1.1 400 Bad Request"),
        (b"TRACE /v1/x HTTP/1.1\r\nHost: x\r\n\r\n", b"HTTP/1.1 405 Method Not Allowed"),
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
