"""What the HTTP API refuses, in API Gateway's words."""

import socket
import threading
from typing import Any

import pytest

from local.aws.functions import InvokeError
from tests.local.front.apis import ROUTES, Functions, echo, status_line
from tests.local.front.conftest import Serve


def test_an_unknown_route_is_404(serve: Serve) -> None:
    """API Gateway answers for a route that does not exist, in its own words."""
    _, client = serve(ROUTES, Functions())

    answer = client.get("/nowhere")

    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})
    assert answer.headers["apigw-requestid"]


@pytest.mark.parametrize(("count", "status"), [(10_100, 200), (10_300, 431)])
def test_the_head_of_a_request_is_limited(serve: Serve, count: int, status: int) -> None:
    """10,240 bytes of request line and headers are the end of it."""
    _, client = serve(ROUTES, Functions(Api=echo))
    wanted = "GET /v1/x HTTP/1.1\r\n"
    request = client.build_request("GET", "/v1/x", headers={"x-pad": ""})
    used = len(wanted) + sum(len(k) + len(v) + 4 for k, v in request.headers.raw)
    request.headers["x-pad"] = "x" * (count - used)

    assert client.send(request).status_code == status


def test_a_body_over_ten_megabytes_is_413(serve: Serve) -> None:
    """The client reads the refusal though it sent everything; the function never runs."""
    functions = Functions(Api=echo)
    _, client = serve(ROUTES, functions)

    declared = client.post("/v1/x", content=b"x" * (10 * 1024 * 1024 + 1))
    chunked = client.post("/v1/x", content=iter([b"x" * (1024 * 1024)] * 11))

    for answer in (declared, chunked):
        assert (answer.status_code, answer.json()) == (413, {"message": "Request Entity Too Large"})
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
def test_an_event_over_six_megabytes_is_413(
    serve: Serve, content_type: str, size: int, status: int
) -> None:
    """Lambda's limit counts the encoded body: about 4.5 MB of binary data pass."""
    _, client = serve(ROUTES, Functions(Api=echo))

    answer = client.post("/v1/x", content=b"x" * size, headers={"content-type": content_type})

    assert answer.status_code == status


def test_a_function_that_takes_too_long_is_503(serve: Serve) -> None:
    """The client is answered at the integration limit while the function still runs."""
    released = threading.Event()
    functions = Functions(Api=lambda _: {"released": released.wait(10)})
    api, client = serve(ROUTES, functions, integration_seconds=0.05)

    answer = client.get("/v1/slow")

    assert (answer.status_code, answer.json()) == (503, {"message": "Service Unavailable"})
    assert api.access_log.wait_for(1, 5)[0]["error"] == "no answer within 0.05 s"
    released.set()


@pytest.mark.parametrize(
    ("code", "status", "answered"),
    [
        ("TooManyRequestsException", 429, 503),
        ("RequestTooLargeException", 413, 413),
        ("ServiceException", 500, 500),
    ],
)
def test_what_lambda_refuses_is_translated(
    serve: Serve, code: str, status: int, answered: int
) -> None:
    """Exhausted concurrency is retryable, and a fault of Lambda is not the client's."""

    def refuse(_: dict[str, Any]) -> None:
        raise InvokeError(code, "no", status)

    _, client = serve(ROUTES, Functions(Api=refuse))

    assert client.get("/v1/x").status_code == answered


def test_a_fault_of_the_runtime_is_a_500(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    """When the function cannot be run at all, the client is told so and the log says why."""

    def explode(_: dict[str, Any]) -> None:
        raise KeyError("worker pool is gone")

    _, client = serve(ROUTES, Functions(Api=explode))

    answer = client.get("/v1/x")

    assert (answer.status_code, answer.json()) == (500, {"message": "Internal Server Error"})
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
def test_what_is_not_http_is_refused(wire: socket.socket, raw: bytes, status: bytes) -> None:
    """A broken or ambiguous request gets a 4xx and never reaches a function."""
    wire.sendall(raw)

    assert status_line(wire) == status
