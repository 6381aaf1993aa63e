"""Streamed responses over real sockets."""

import json
import queue
import threading
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from local.aws.functions import FunctionFailedError
from tests.limits import WAIT_SECONDS
from tests.local.front.apis import Functions, rest_api
from tests.local.front.conftest import Serve

STREAMED = rest_api({"POST /runs": "Run", "ANY /{proxy+}": "Api"}, streamed=["Run"])
HEAD = json.dumps({"statusCode": 201, "headers": {"Content-Type": "text/event-stream"}}).encode()
NUL = bytes(8)


def stream_of(*pieces: bytes) -> Any:
    return lambda _: iter(pieces)


def test_pieces_arrive_while_the_function_runs(serve: Serve) -> None:
    """The function sends each piece only after the client has received the one before."""
    received: queue.Queue[bytes] = queue.Queue()
    got: list[bytes] = []

    def work(_: dict[str, Any]) -> Iterator[bytes]:
        yield HEAD + NUL
        for number in range(3):
            yield b"piece %d" % number
            got.append(received.get(timeout=WAIT_SECONDS))

    _, client = serve(STREAMED, Functions(Run=work))
    with client.stream("POST", "/v1/runs") as response:
        assert response.status_code == 201
        assert response.headers["content-type"] == "text/event-stream"
        for piece in response.iter_raw():
            received.put(piece)

    assert got == [b"piece 0", b"piece 1", b"piece 2"]


@pytest.mark.parametrize("cut", range(1, len(HEAD) + 8, 7))
def test_prelude_may_come_in_pieces(serve: Serve, cut: int) -> None:
    """And the piece that ends it may begin the body."""
    whole = HEAD + NUL + b"begin"
    _, client = serve(STREAMED, Functions(Run=stream_of(whole[:cut], whole[cut:], b" end")))

    response = client.post("/v1/runs")

    assert (response.status_code, response.content) == (201, b"begin end")


@pytest.mark.parametrize(
    "pieces", [(), (b"no prelude",), (b"no json" + NUL,), (b"{}" + NUL,), (b"x" * 70_000,)]
)
def test_stream_without_prelude_is_502(serve: Serve, pieces: tuple[bytes, ...]) -> None:
    _, client = serve(STREAMED, Functions(Run=stream_of(*pieces)))

    assert client.post("/v1/runs").status_code == 502


def test_function_that_fails_before_its_response_is_502(serve: Serve) -> None:
    def fail(_: dict[str, Any]) -> Iterator[bytes]:
        raise FunctionFailedError("Runtime.ExitError")
        yield b""

    _, client = serve(STREAMED, Functions(Run=fail))

    assert client.post("/v1/runs").status_code == 502


def test_function_that_fails_in_its_response_breaks_the_connection(serve: Serve) -> None:
    """The status was sent before, so an incomplete body is the only sign."""

    def fail(_: dict[str, Any]) -> Iterator[bytes]:
        yield HEAD + NUL + b"first"
        raise FunctionFailedError("Runtime.ExitError")

    _, client = serve(STREAMED, Functions(Run=fail))
    with client.stream("POST", "/v1/runs") as response:
        assert response.status_code == 201
        with pytest.raises(httpx2.RemoteProtocolError):
            response.read()


def test_stream_is_not_bound_by_the_limit_of_buffered_responses(serve: Serve) -> None:
    limit, released = 0.05, threading.Event()

    def work(_: dict[str, Any]) -> Iterator[bytes]:
        threading.Event().wait(4 * limit)
        yield HEAD + NUL + b"late"

    functions = Functions(Run=work, Api=lambda _: released.wait(WAIT_SECONDS))
    _, client = serve(STREAMED, functions, integration_seconds=limit)

    assert client.get("/v1/slow").status_code == 504
    released.set()
    assert client.post("/v1/runs").content == b"late"
