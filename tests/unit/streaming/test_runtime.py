"""The runtime in a process of its own, started as Lambda starts it, against a Runtime API."""

import base64
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.limits import WAIT_SECONDS

ROOT = Path(__file__).resolve().parents[3]
BOOTSTRAP = ROOT / "layers/understudy/understudy/streaming/bootstrap"


@dataclass
class Posted:
    """What the runtime sent with one POST."""

    path: str
    headers: dict[str, list[str]]
    chunks: list[bytes] = field(default_factory=list)
    trailers: dict[str, str] = field(default_factory=dict)


class RuntimeApi:
    """Lambda's side, one connection at a time, so that a test sees each chunk as it arrives."""

    def __init__(self, handler: str) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(WAIT_SECONDS)
        host, port = self._listening.getsockname()
        environment = {
            "PATH": os.environ["PATH"],
            "AWS_LAMBDA_RUNTIME_API": f"{host}:{port}",
            "_HANDLER": handler,
            "LAMBDA_TASK_ROOT": str(ROOT),
            "LAMBDA_RUNTIME_DIR": str(ROOT / "layers" / "understudy"),
        }
        self.process = subprocess.Popen(
            [BOOTSTRAP, sys.executable, "/var/runtime/bootstrap.py"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._count = 0

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()
        self._listening.close()

    def go(self) -> None:
        """Lets the handler produce one piece."""
        assert self.process.stdin
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def accept(self) -> None:
        connection, _ = self._listening.accept()
        connection.settimeout(WAIT_SECONDS)
        self._wire = connection.makefile("rwb")
        connection.close()

    def hand_out(self, event: object) -> str:
        """Answers the runtime's request for an invocation; returns the invocation's id."""
        self.accept()
        line, _ = self._head()
        assert line == "GET /2018-06-01/runtime/invocation/next HTTP/1.1"
        self._count += 1
        body = json.dumps(event).encode()
        head = [
            "HTTP/1.1 200 OK",
            f"Lambda-Runtime-Aws-Request-Id: req-{self._count}",
            "Lambda-Runtime-Deadline-Ms: 99999999999999",
            "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:1:function:f:live",
            "Lambda-Runtime-Trace-Id: Root=1-0-0",
            f"Content-Length: {len(body)}",
        ]
        self._write("\r\n".join([*head, "", ""]).encode() + body)
        return f"req-{self._count}"

    def post(self) -> Posted:
        """Reads the head of the runtime's next POST."""
        line, headers = self._head()
        method, path, _ = line.split()
        assert method == "POST"
        return Posted(path.removeprefix("/2018-06-01/runtime/"), headers)

    def chunk(self) -> bytes:
        """Reads the next chunk; empty at the end of the body."""
        size = int(self._wire.readline(), 16)
        data = self._wire.read(size)
        if size:
            assert self._wire.read(2) == b"\r\n"
        return data

    def rest(self, posted: Posted) -> Posted:
        """Reads the rest of a chunked POST and accepts it."""
        while data := self.chunk():
            posted.chunks.append(data)
        while line := self._wire.readline().strip().decode():
            name, _, value = line.partition(": ")
            posted.trailers[name] = value
        self.accepted()
        return posted

    def body(self, posted: Posted) -> bytes:
        """Reads a body of known length and accepts it."""
        data = self._wire.read(int(posted.headers["content-length"][0]))
        self.accepted()
        return data

    def accepted(self) -> None:
        self._write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")

    def _head(self) -> tuple[str, dict[str, list[str]]]:
        first = self._wire.readline().strip().decode()
        headers: dict[str, list[str]] = {}
        while line := self._wire.readline().strip().decode():
            name, _, value = line.partition(": ")
            headers.setdefault(name.lower(), []).append(value)
        return first, headers

    def _write(self, data: bytes) -> None:
        self._wire.write(data)
        self._wire.flush()


@pytest.fixture
def api() -> Iterator[RuntimeApi]:
    started = RuntimeApi("tests.unit.streaming.handlers.count")
    yield started
    started.close()


def test_pieces_are_sent_when_they_are_produced(api: RuntimeApi) -> None:
    """The handler produces each piece only after the one before has arrived here."""
    request_id = api.hand_out({"pieces": 3})
    posted = api.post()

    assert posted.path == f"invocation/{request_id}/response"
    assert posted.headers["transfer-encoding"] == ["chunked"]
    assert posted.headers["lambda-runtime-function-response-mode"] == ["streaming"]
    assert posted.headers["content-type"] == ["application/vnd.awslambda.http-integration-response"]
    assert posted.headers["trailer"] == [
        "Lambda-Runtime-Function-Error-Type",
        "Lambda-Runtime-Function-Error-Body",
    ]
    prelude, nul = api.chunk()[:-8], bytes(8)
    assert json.loads(prelude) == {
        "statusCode": 200,
        "headers": {"content-type": "text/event-stream"},
    }
    assert nul not in prelude
    for number in range(3):
        api.go()
        assert api.chunk() == b"%d " % number
    assert api.rest(posted).chunks == [request_id.encode()]
    assert posted.trailers == {}


def test_prelude_ends_with_eight_nul_bytes(api: RuntimeApi) -> None:
    api.hand_out({"pieces": 0})
    posted = api.rest(api.post())

    assert posted.chunks[0].endswith(b"}" + bytes(8))


def test_invocations_follow_each_other(api: RuntimeApi) -> None:
    """In one process, also after one that failed."""
    bodies = []
    for event in ({"pieces": 0}, {"pieces": 0, "at_once": "fail"}, {"pieces": 0}):
        api.hand_out(event)
        posted = api.post()
        if "at_once" in event:
            api.body(posted)
        else:
            bodies.append(api.rest(posted).chunks[-1])

    assert bodies == [b"req-1", b"req-3"]


def test_error_before_the_response_is_reported(api: RuntimeApi) -> None:
    """By its class: the text may have a user's data."""
    request_id = api.hand_out({"pieces": 0, "at_once": "fail"})
    posted = api.post()
    body = json.loads(api.body(posted))

    assert posted.path == f"invocation/{request_id}/error"
    assert posted.headers["lambda-runtime-function-error-type"] == ["ValueError"]
    assert body == {"errorType": "ValueError", "errorMessage": ""}


def test_error_in_the_response_is_in_the_trailers(api: RuntimeApi) -> None:
    """What was sent before stays sent; the runtime serves on."""
    api.hand_out({"pieces": 1, "then": "fail"})
    posted = api.post()
    api.go()
    api.rest(posted)

    assert posted.chunks[1:] == [b"0 "]
    assert posted.trailers["Lambda-Runtime-Function-Error-Type"] == "Runtime.StreamError"
    reason = base64.b64decode(posted.trailers["Lambda-Runtime-Function-Error-Body"])
    assert reason == b"KeyError"
    api.hand_out({"pieces": 0})
    assert api.rest(api.post()).chunks[-1] == b"req-2"


def test_closed_connection_ends_one_invocation_only(api: RuntimeApi) -> None:
    """Lambda closes it when it no longer takes the response."""
    api.hand_out({"pieces": 2})
    api.post()
    api.chunk()
    api._wire.close()
    api.go()
    api.go()

    api.hand_out({"pieces": 0})
    assert api.rest(api.post()).chunks[-1] == b"req-2"


def test_handler_that_cannot_be_loaded_is_an_error_of_the_start() -> None:
    api = RuntimeApi("tests.unit.streaming.handlers.missing")
    try:
        api.accept()
        posted = api.post()
        body = json.loads(api.body(posted))
        output, _ = api.process.communicate(timeout=WAIT_SECONDS)
    finally:
        api.close()

    assert posted.path == "init/error"
    assert body["errorType"] == "AttributeError"
    assert api.process.returncode == 1
    assert '"unforeseen"' in output
