"""The HTTP API over real sockets."""

import json
import logging
import socket
import sys
import threading
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from local.aws.functions import InvokeError
from local.front import AccessLog, ApiDefinition, Gateway, HttpApi, PortTakenError
from tests.local.front.apis import Functions, http_api
from tests.local.front.conftest import Serve

_ROUTES = http_api({"ANY /v1/{proxy+}": "Api", "GET /health": "Api"})


def _echo(event: dict[str, Any]) -> dict[str, Any]:
    return {"path": event["rawPath"], "size": len(event.get("body", ""))}


@pytest.fixture
def api(serve: Serve) -> HttpApi:
    return serve(_ROUTES, Functions(Api=_echo))[0]


@pytest.fixture
def wire(api: HttpApi) -> Iterator[socket.socket]:
    """A bare connection to the API."""
    with socket.create_connection(("127.0.0.1", api.port), timeout=10) as connection:
        yield connection


def _status_line(connection: socket.socket) -> bytes:
    return connection.makefile("rb").readline().strip()


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
    _, client = serve(_ROUTES, Functions(Api=_echo))

    answer = client.post(
        "/v1/x", content=iter([b"ab", b"cde"]), headers={"content-type": "text/plain"}
    )

    assert answer.json()["size"] == 5


def test_an_unknown_route_is_404(serve: Serve) -> None:
    """API Gateway answers for a route that does not exist, in its own words."""
    _, client = serve(_ROUTES, Functions())

    answer = client.get("/nowhere")

    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})
    assert answer.headers["apigw-requestid"]


@pytest.mark.parametrize(("count", "status"), [(10_100, 200), (10_300, 431)])
def test_the_head_of_a_request_is_limited(serve: Serve, count: int, status: int) -> None:
    """10,240 bytes of request line and headers are the end of it."""
    _, client = serve(_ROUTES, Functions(Api=_echo))
    wanted = "GET /v1/x HTTP/1.1\r\n"
    request = client.build_request("GET", "/v1/x", headers={"x-pad": ""})
    used = len(wanted) + sum(len(k) + len(v) + 4 for k, v in request.headers.raw)
    request.headers["x-pad"] = "x" * (count - used)

    assert client.send(request).status_code == status


def test_a_body_over_ten_megabytes_is_413(serve: Serve) -> None:
    """The client reads the refusal though it sent everything; the function never runs."""
    functions = Functions(Api=_echo)
    _, client = serve(_ROUTES, functions)

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
    _, client = serve(_ROUTES, Functions(Api=_echo))

    answer = client.post("/v1/x", content=b"x" * size, headers={"content-type": content_type})

    assert answer.status_code == status


def test_a_function_that_takes_too_long_is_503(serve: Serve) -> None:
    """The client is answered at the integration limit while the function still runs."""
    released = threading.Event()
    functions = Functions(Api=lambda _: {"released": released.wait(10)})
    api, client = serve(_ROUTES, functions, integration_seconds=0.05)

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

    _, client = serve(_ROUTES, Functions(Api=refuse))

    assert client.get("/v1/x").status_code == answered


def test_a_fault_of_the_runtime_is_a_500(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    """When the function cannot be run at all, the client is told so and the log says why."""

    def explode(_: dict[str, Any]) -> None:
        raise KeyError("worker pool is gone")

    _, client = serve(_ROUTES, Functions(Api=explode))

    answer = client.get("/v1/x")

    assert (answer.status_code, answer.json()) == (500, {"message": "Internal Server Error"})
    assert "worker pool is gone" in caplog.text


def test_head_has_the_headers_of_get_and_no_body(serve: Serve) -> None:
    """The length is the one GET would have, and the connection stays usable."""
    _, client = serve(_ROUTES, Functions(Api=_echo))

    head, get = client.head("/v1/x"), client.get("/v1/x")

    assert head.content == b""
    assert head.headers["content-length"] == str(len(get.content))


def test_no_content_has_no_length(serve: Serve) -> None:
    """A 204 carries neither a body nor a Content-Length."""
    functions = Functions(Api=lambda _: {"statusCode": 204, "body": "left out"})
    _, client = serve(_ROUTES, functions)

    answer = client.delete("/v1/x")

    assert (answer.status_code, answer.content) == (204, b"")
    assert "content-length" not in answer.headers


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

    assert _status_line(wire) == status


def test_a_client_that_leaves_is_no_error(
    serve: Serve, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """A disconnect while the function runs ends in the access log, not in a stack trace."""
    started, gone = threading.Event(), threading.Event()

    def wait(_: dict[str, Any]) -> str:
        started.set()
        gone.wait(10)
        return "x" * 5_000_000

    api, _ = serve(_ROUTES, Functions(Api=wait))
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
    functions = Functions(Api=_echo)
    api, client = serve(_ROUTES, functions)
    with socket.create_connection(("127.0.0.1", api.port)) as connection:
        connection.sendall(b"POST /v1/x HTTP/1.1\r\nContent-Length: 100\r\n\r\nabc")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b""

    client.get("/v1/after")

    assert [event["rawPath"] for _, event in functions.events] == ["/v1/after"]


def test_a_taken_port_is_a_clear_error(api: HttpApi) -> None:
    """The error names the port and says what to do."""
    gateway = Gateway(ApiDefinition.of(_ROUTES), Functions().invoke)

    with pytest.raises(PortTakenError, match=f"port {api.port} on 127.0.0.1 is used by another"):
        HttpApi(gateway, port=api.port)


def test_closing_lets_running_requests_end() -> None:
    """A request in the works is answered; an idle connection and the port are given back."""
    entered, finish = threading.Event(), threading.Event()

    def work(_: dict[str, Any]) -> str:
        entered.set()
        finish.wait(10)
        return "done"

    gateway = Gateway(ApiDefinition.of(_ROUTES), Functions(Api=work).invoke)
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
    gateway = Gateway(ApiDefinition.of(_ROUTES), Functions(Api=_echo).invoke)
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
    api, _ = serve(_ROUTES, Functions(Api=lambda _: {"met": together.wait() >= 0}))
    statuses: list[int] = []

    def ask() -> None:
        statuses.append(httpx2.get(f"{api.url}/v1/x", timeout=20).status_code)

    clients = [threading.Thread(target=ask) for _ in range(50)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()

    assert statuses == [200] * 50
