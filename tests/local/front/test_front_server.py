"""The HTTP API over real sockets."""

import json
import logging
import socket
import sys
import threading
from typing import Any

import httpx2
import pytest

from local.front import AccessLog, ApiDefinition, Gateway, HttpApi, PortTakenError
from tests.local.front.apis import ROUTES, Functions, echo
from tests.local.front.conftest import Serve


def test_a_connection_serves_many_requests(api: HttpApi, wire: socket.socket) -> None:
    """Two requests in one packet are both answered, in order, on one connection."""
    head = b"Host: x\r\nContent-Type: text/plain\r\n"
    wire.sendall(
        b"POST /v1/one HTTP/1.1\r\n" + head + b"Content-Length: 3\r\n\r\nabc"
        b"GET /v1/two HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )

    received = wire.makefile("rb").read()

    assert received.count(b"HTTP/1.1 200 OK") == 2
    assert received.index(b'"/v1/one", "size": 3') < received.index(b'"/v1/two"')


def test_a_chunked_body_arrives_whole(serve: Serve) -> None:
    """A client that does not know the length beforehand is understood."""
    _, client = serve(ROUTES, Functions(Api=echo))

    answer = client.post(
        "/v1/x", content=iter([b"ab", b"cde"]), headers={"content-type": "text/plain"}
    )

    assert answer.json()["size"] == 5


def test_head_has_the_headers_of_get_and_no_body(serve: Serve) -> None:
    """The length is the one GET would have, and the connection stays usable."""
    _, client = serve(ROUTES, Functions(Api=echo))

    head, get = client.head("/v1/x"), client.get("/v1/x")

    assert head.content == b""
    assert head.headers["content-length"] == str(len(get.content))


def test_no_content_has_no_length(serve: Serve) -> None:
    """A 204 carries neither a body nor a Content-Length."""
    functions = Functions(Api=lambda _: {"statusCode": 204, "body": "left out"})
    _, client = serve(ROUTES, functions)

    answer = client.delete("/v1/x")

    assert (answer.status_code, answer.content) == (204, b"")
    assert "content-length" not in answer.headers


def test_a_client_that_leaves_is_no_error(
    serve: Serve, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """A disconnect while the function runs ends in the access log, not in a stack trace."""
    started, gone = threading.Event(), threading.Event()

    def wait(_: dict[str, Any]) -> str:
        started.set()
        gone.wait(10)
        return "x" * 5_000_000

    api, _ = serve(ROUTES, Functions(Api=wait))
    with socket.create_connection(("127.0.0.1", api.port)) as connection:
        connection.sendall(b"GET /v1/x HTTP/1.1\r\nHost: x\r\n\r\n")
        assert started.wait(10)
    gone.set()

    [entry] = api.access_log.wait_for(1, 10)
    assert entry["clientReceived"] is False
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert "Traceback" not in capfd.readouterr().err


def test_a_half_sent_body_never_reaches_the_function(serve: Serve) -> None:
    """A client that stops in the middle of its body has sent nothing."""
    functions = Functions(Api=echo)
    api, client = serve(ROUTES, functions)
    with socket.create_connection(("127.0.0.1", api.port)) as connection:
        connection.sendall(b"POST /v1/x HTTP/1.1\r\nContent-Length: 100\r\n\r\nabc")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b""

    client.get("/v1/after")

    assert [event["rawPath"] for _, event in functions.events] == ["/v1/after"]


def test_a_taken_port_is_a_clear_error(api: HttpApi) -> None:
    """The error names the port and says what to do."""
    gateway = Gateway(ApiDefinition.of(ROUTES), Functions().invoke)

    with pytest.raises(PortTakenError, match=f"port {api.port} on 127.0.0.1 is used by another"):
        HttpApi(gateway, port=api.port)


def test_closing_lets_running_requests_end() -> None:
    """A request in the works is answered; an idle connection and the port are given back."""
    entered, finish = threading.Event(), threading.Event()

    def work(_: dict[str, Any]) -> str:
        entered.set()
        finish.wait(10)
        return "done"

    gateway = Gateway(ApiDefinition.of(ROUTES), Functions(Api=work).invoke)
    api = HttpApi(gateway)
    idle = socket.create_connection(("127.0.0.1", api.port), timeout=10)
    answers: list[str] = []
    asking = threading.Thread(target=lambda: answers.append(httpx2.get(f"{api.url}/v1/x").text))
    asking.start()
    assert entered.wait(10)
    closing = threading.Thread(target=api.close)
    closing.start()
    closing.join(0.5)
    assert closing.is_alive()
    finish.set()
    closing.join(10)
    asking.join(10)

    assert answers == ["done"]
    assert idle.recv(1) == b""
    idle.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", api.port))


def test_the_access_log_holds_no_secrets(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    """One JSON line for a request: who, what, how long; no key, no body, no query."""
    gateway = Gateway(ApiDefinition.of(ROUTES), Functions(Api=echo).invoke)
    with HttpApi(gateway, access_log=AccessLog(sys.stdout)) as api:
        httpx2.post(
            f"{api.url}/v1/x?token=q-secret",
            headers={"authorization": "Bearer h-secret", "user-agent": "probe/1"},
            json={"text": "b-secret"},
        )
        api.access_log.wait_for(1, 10)

    line = capsys.readouterr().out
    entry = json.loads(line)
    assert "secret" not in line
    assert (entry["httpMethod"], entry["path"], entry["status"]) == ("POST", "/v1/x", 200)
    assert (entry["routeKey"], entry["userAgent"]) == ("ANY /v1/{proxy+}", "probe/1")


def test_fifty_clients_at_once_are_all_answered(serve: Serve) -> None:
    """Fifty requests meet inside the functions: none waits for another to end."""
    together = threading.Barrier(50, timeout=20)
    api, _ = serve(ROUTES, Functions(Api=lambda _: {"met": together.wait() >= 0}))
    statuses: list[int] = []

    def ask() -> None:
        statuses.append(httpx2.get(f"{api.url}/v1/x", timeout=20).status_code)

    clients = [threading.Thread(target=ask) for _ in range(50)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()

    assert statuses == [200] * 50
