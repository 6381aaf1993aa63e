"""The HTTP server that local AWS, the front door and the fake provider share."""

import http.client
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from local.http_server import HttpServer, PortTakenError, WsgiApp
from tests.limits import BRIEFLY, WAIT_SECONDS


@contextmanager
def serving(app: WsgiApp) -> Iterator[HttpServer]:
    """A running server for an application."""
    server = HttpServer(app)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def connected(server: HttpServer) -> Iterator[socket.socket]:
    """A bare connection to it."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=WAIT_SECONDS) as connection:
        yield connection


def echo(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Returns the request's body."""
    body = environ["wsgi.input"].read()
    start_response("200 OK", [])
    return [body]


def unread(_: dict[str, Any], start_response: Any) -> list[bytes]:
    """Answers without reading the request's body."""
    start_response("200 OK", [])
    return [b"unread"]


def test_connection_serves_pipelined_requests() -> None:
    """Two requests in one packet get two responses, in order."""
    with serving(echo) as server, connected(server) as wire:
        wire.sendall(
            b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\none"
            b"POST / HTTP/1.1\r\nContent-Length: 3\r\nConnection: close\r\n\r\ntwo"
        )
        received = wire.makefile("rb").read()

    assert received.count(b"HTTP/1.1 200 OK") == 2
    assert received.index(b"one") < received.index(b"two")


@pytest.mark.parametrize(
    "body",
    [b"Content-Length: 5\r\n\r\nhello", b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"],
)
def test_body_that_application_leaves_unread_is_discarded(body: bytes) -> None:
    """The next request on the connection is read from its own start."""
    with serving(unread) as server, connected(server) as wire:
        wire.sendall(b"POST / HTTP/1.1\r\n" + body)
        wire.sendall(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
        received = wire.makefile("rb").read()

    assert received.count(b"HTTP/1.1 200 OK") == 2


def test_each_yielded_chunk_arrives_before_the_next_is_made() -> None:
    """The application makes its second chunk only after the client has read the first."""
    first_read = threading.Event()

    def app(_: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [("content-type", "text/event-stream")])
        yield b"first"
        assert first_read.wait(WAIT_SECONDS)
        yield b"second"

    with serving(app) as server:
        client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=WAIT_SECONDS)
        client.request("GET", "/")
        response = client.getresponse()
        first = response.read1()
        first_read.set()
        rest = response.read()
        client.request("GET", "/")  # the connection stays usable
        assert client.getresponse().read() == b"firstsecond"
        client.close()

    assert (first, rest) == (b"first", b"second")
    assert response.headers["transfer-encoding"] == "chunked"


def test_empty_chunk_sends_the_headers() -> None:
    """A stream can begin before it has data."""
    headers_read = threading.Event()

    def app(_: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        yield b""
        assert headers_read.wait(WAIT_SECONDS)
        yield b"data"

    with serving(app) as server:
        client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=WAIT_SECONDS)
        client.request("GET", "/")
        response = client.getresponse()
        headers_read.set()
        assert response.read() == b"data"
        client.close()


def test_http_1_0_client_gets_stream_without_chunks() -> None:
    """The end of the connection ends the body."""

    def app(_: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        yield b"a"
        yield b"b"

    with serving(app) as server, connected(server) as wire:
        wire.sendall(b"GET / HTTP/1.0\r\n\r\n")
        head, _, body = wire.makefile("rb").read().partition(b"\r\n\r\n")

    assert body == b"ab"
    assert b"chunked" not in head


def test_stream_is_closed_when_client_leaves() -> None:
    """The application's iterator is closed before its end."""
    closed, left = threading.Event(), threading.Event()

    def app(_: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        try:
            yield b"x"
            assert left.wait(WAIT_SECONDS)
            while True:
                yield b"x" * 65536
        finally:
            closed.set()

    with serving(app) as server:
        with connected(server) as wire:
            wire.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert wire.recv(1) == b"H"
        left.set()
        assert closed.wait(WAIT_SECONDS)


def test_head_has_length_of_get_and_no_body() -> None:
    """The connection stays usable after it."""
    with serving(unread) as server:
        client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=WAIT_SECONDS)
        client.request("HEAD", "/")
        head = client.getresponse()
        assert (head.read(), head.headers["content-length"]) == (b"", "6")
        client.request("GET", "/")
        assert client.getresponse().read() == b"unread"
        client.close()


def test_application_can_drop_connection() -> None:
    """The client gets no byte."""

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        environ["http.drop"] = True
        return unread(environ, start_response)

    with serving(app) as server, connected(server) as wire:
        wire.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert wire.recv(100) == b""


def test_error_of_application_is_500(caplog: pytest.LogCaptureFixture) -> None:
    """The log says why."""

    def app(_: dict[str, Any], __: Any) -> list[bytes]:
        raise KeyError("broken")

    with serving(app) as server, connected(server) as wire:
        wire.sendall(b"GET / HTTP/1.1\r\n\r\n")
        received = wire.makefile("rb").read()

    assert received.startswith(b"HTTP/1.1 500 Internal Server Error")
    assert "broken" in caplog.text


def test_error_in_stream_breaks_it_off() -> None:
    """The client sees that the response is incomplete."""

    def app(_: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        yield b"begin"
        raise KeyError("broken")

    with serving(app) as server:
        client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=WAIT_SECONDS)
        client.request("GET", "/")
        with pytest.raises(http.client.IncompleteRead):
            client.getresponse().read()
        client.close()


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"NONSENSE\r\n\r\n", b"400 Bad Request"),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"400 Bad Request"),
        (
            b"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
            b"400 Bad Request",
        ),
        (
            b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 101 + b"\r\n",
            b"431 Request Header Fields Too Large",
        ),
    ],
)
def test_broken_or_ambiguous_request_is_refused(raw: bytes, status: bytes) -> None:
    """The application is not called."""
    called: list[object] = []

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        called.append(environ)
        return unread(environ, start_response)

    with serving(app) as server, connected(server) as wire:
        wire.sendall(raw)
        received = wire.makefile("rb").read()

    assert received.startswith(b"HTTP/1.1 " + status)
    assert called == []


def test_continue_is_sent_before_the_body_is() -> None:
    """A client that asks first does not wait."""
    with serving(echo) as server, connected(server) as wire:
        wire.sendall(b"POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert wire.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        wire.sendall(b"ok")
        assert wire.recv(100).startswith(b"HTTP/1.1 200 OK")


def test_taken_port_is_a_clear_error() -> None:
    """The error names the port and says what to do."""
    server = HttpServer(echo)

    with pytest.raises(PortTakenError, match=f"port {server.port} on 127.0.0.1 is used by"):
        HttpServer(echo, server.port)

    server.stop()


def test_stop_finishes_running_requests() -> None:
    """A running request is answered; idle connections are closed and the port is free again."""
    entered, finish = threading.Event(), threading.Event()

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        entered.set()
        assert finish.wait(WAIT_SECONDS)
        return unread(environ, start_response)

    server = HttpServer(app)
    server.start()
    idle = socket.create_connection(("127.0.0.1", server.port), timeout=WAIT_SECONDS)
    with connected(server) as busy:
        busy.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert entered.wait(WAIT_SECONDS)
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        stopping.join(BRIEFLY)
        assert stopping.is_alive()
        finish.set()
        assert busy.makefile("rb").read().endswith(b"unread")
    stopping.join(WAIT_SECONDS)

    assert idle.recv(1) == b""
    idle.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port))
