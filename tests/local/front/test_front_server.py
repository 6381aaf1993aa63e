"""The API over real sockets."""

import logging
import socket
import threading
from typing import Any

import httpx2
import pytest

from local.front import ApiDefinition, RestApi
from tests.limits import BRIEFLY, WAIT_SECONDS
from tests.local.front.apis import ROUTES, Functions, echo, reply
from tests.local.front.conftest import Serve


def test_chunked_body_arrives_complete(serve: Serve) -> None:
    """A client need not know the length beforehand."""
    _, client = serve(ROUTES, Functions(Api=echo))

    response = client.post(
        "/v1/x", content=iter([b"ab", b"cde"]), headers={"content-type": "text/plain"}
    )

    assert response.json()["size"] == 5


def test_head_has_headers_of_get_and_no_body(serve: Serve) -> None:
    """The length is that of GET, and the connection stays usable."""
    _, client = serve(ROUTES, Functions(Api=echo))

    head, get = client.head("/v1/x"), client.get("/v1/x")

    assert head.content == b""
    assert head.headers["content-length"] == str(len(get.content))


def test_no_content_has_no_length(serve: Serve) -> None:
    """A 204 carries neither a body nor a Content-Length."""
    functions = Functions(Api=lambda _: {"statusCode": 204, "body": "left out"})
    _, client = serve(ROUTES, functions)

    response = client.delete("/v1/x")

    assert (response.status_code, response.content) == (204, b"")
    assert "content-length" not in response.headers


def test_client_that_leaves_is_not_an_error(
    serve: Serve, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """A disconnect while the function runs leaves no warning and no stack trace."""
    started, gone = threading.Event(), threading.Event()

    def wait(_: dict[str, Any]) -> dict[str, Any]:
        started.set()
        gone.wait(WAIT_SECONDS)
        return reply("x" * 5_000_000)

    api, _ = serve(ROUTES, Functions(Api=wait))
    with socket.create_connection(("127.0.0.1", api.port)) as connection:
        connection.sendall(b"GET /v1/x HTTP/1.1\r\nHost: x\r\n\r\n")
        assert started.wait(WAIT_SECONDS)
    gone.set()

    api.close()  # waits for the request
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert "Traceback" not in capfd.readouterr().err


def test_incomplete_body_never_reaches_function(serve: Serve) -> None:
    """A client that leaves in the middle of its body has not made a request."""
    functions = Functions(Api=echo)
    api, client = serve(ROUTES, functions)
    with socket.create_connection(("127.0.0.1", api.port)) as connection:
        connection.sendall(b"POST /v1/x HTTP/1.1\r\nContent-Length: 100\r\n\r\nabc")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b""

    client.get("/v1/after")

    assert [event["path"] for _, event in functions.events] == ["/after"]


def test_close_finishes_running_requests() -> None:
    """A running request gets its response; the port is free afterwards."""
    entered, finish = threading.Event(), threading.Event()

    def work(_: dict[str, Any]) -> dict[str, Any]:
        entered.set()
        finish.wait(WAIT_SECONDS)
        return reply("done")

    functions = Functions(Api=work)
    api = RestApi(ApiDefinition.of(ROUTES), functions.invoke, functions.stream)
    texts: list[str] = []
    asking = threading.Thread(
        target=lambda: texts.append(
            httpx2.get(f"{api.url}/v1/x", verify=False, timeout=WAIT_SECONDS).text
        )
    )
    asking.start()
    assert entered.wait(WAIT_SECONDS)
    closing = threading.Thread(target=api.close)
    closing.start()
    closing.join(BRIEFLY)
    assert closing.is_alive()
    finish.set()
    closing.join(WAIT_SECONDS)
    asking.join(WAIT_SECONDS)

    assert texts == ['"done"']
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", api.port))


def test_fifty_concurrent_clients_get_responses(serve: Serve) -> None:
    """All fifty functions run at the same time: no request waits for another one to finish."""
    together = threading.Barrier(50, timeout=WAIT_SECONDS)
    api, _ = serve(ROUTES, Functions(Api=lambda _: reply(together.wait() >= 0)))
    statuses: list[int] = []

    def ask() -> None:
        asked = httpx2.get(f"{api.url}/v1/x", verify=False, timeout=WAIT_SECONDS)
        statuses.append(asked.status_code)

    clients = [threading.Thread(target=ask) for _ in range(50)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()

    assert statuses == [200] * 50
