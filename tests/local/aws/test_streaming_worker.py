"""A function with its own runtime: the deployed one that streams runs."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.aws.deployment import Function
from local.aws.functions import FunctionFailedError, FunctionRuntime, InvokeError
from tests.contract.conftest import ROOT
from tests.local.front.apis import function

APP = """
import os, time
from understudy.streaming.runtime import StreamedResponse

def handler(event, context):
    if event["do"] == "raise":
        raise ValueError("a secret")
    def body():
        for number in range(event["pieces"]):
            yield b"%d" % number
            while not os.path.exists(f"{event['folder']}/{number}"):
                if event["do"] == "exit":
                    os._exit(3)
                time.sleep(0.005)
    return StreamedResponse(200, {}, body())
"""
HEAD = b'{"statusCode": 200, "headers": {}}' + bytes(8)


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FunctionRuntime]:
    root = tmp_path_factory.mktemp("streaming")
    (root / "functions" / "streams").mkdir(parents=True)
    (root / "functions" / "streams" / "app.py").write_text(APP)
    bootstrap = ROOT / "layers/understudy/understudy/streaming/bootstrap"
    (root / "functions" / "streams" / "bootstrap").write_text(bootstrap.read_text())
    layers = tuple(str(ROOT / "layers" / name) for name in ("dependencies", "understudy"))
    own = {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/streams/bootstrap", "TABLE_NAME": "none"}
    functions: list[Function] = [
        function("streams", environment=own, layers=layers, timeout_seconds=60),
        function("short", handler="streams.app.handler", environment=own, layers=layers,
                 timeout_seconds=1),
        function("plain", handler="streams.app.handler", layers=layers),
    ]  # fmt: skip
    made = FunctionRuntime(functions, root, "http://127.0.0.1:1")
    yield made
    made.close()


def event(folder: Path, do: str = "wait", pieces: int = 2) -> bytes:
    return json.dumps({"do": do, "folder": str(folder), "pieces": pieces}).encode()


def test_pieces_arrive_while_the_function_runs(runtime: FunctionRuntime, tmp_path: Path) -> None:
    """The function waits for a file before each piece but the first."""
    stream = runtime.stream("streams", event(tmp_path))

    assert next(stream) == HEAD
    for number in range(2):
        assert next(stream) == b"%d" % number
        (tmp_path / str(number)).touch()
    assert list(stream) == []


def test_worker_that_is_killed_ends_the_stream(runtime: FunctionRuntime, tmp_path: Path) -> None:
    """And the next invocation gets a new worker."""
    stream = runtime.stream("streams", event(tmp_path))
    assert [next(stream), next(stream)] == [HEAD, b"0"]
    runtime.reconfigure("streams", STARTED="again")

    with pytest.raises(FunctionFailedError):
        list(stream)
    (tmp_path / "0").touch()
    assert b"".join(runtime.stream("streams", event(tmp_path, pieces=1))) == HEAD + b"0"


@pytest.mark.parametrize(("name", "do"), [("streams", "exit"), ("short", "wait")])
def test_function_that_ends_early_ends_the_stream(
    runtime: FunctionRuntime, tmp_path: Path, name: str, do: str
) -> None:
    """Because it exits, or because it takes longer than its timeout."""
    with pytest.raises(FunctionFailedError):
        list(runtime.stream(name, event(tmp_path, do)))


def test_handler_that_raises_has_no_response(runtime: FunctionRuntime, tmp_path: Path) -> None:
    with pytest.raises(FunctionFailedError, match="ValueError") as raised:
        list(runtime.stream("streams", event(tmp_path, "raise")))

    assert "secret" not in str(raised.value)


def test_function_runs_on_when_its_caller_leaves(runtime: FunctionRuntime, tmp_path: Path) -> None:
    """As on Lambda; its worker is free only when it has ended."""
    stream = runtime.stream("streams", event(tmp_path))
    assert next(stream) == HEAD
    stream.close()  # type: ignore[attr-defined]
    [worker] = [each for each in runtime._pools["streams"].workers() if each.alive]
    assert worker not in runtime._pools["streams"]._idle
    for number in range(2):
        (tmp_path / str(number)).touch()

    freed = threading.Event()
    while worker not in runtime._pools["streams"]._idle:
        freed.wait(0.01)
    assert worker.alive


def test_buffered_function_cannot_stream(runtime: FunctionRuntime, tmp_path: Path) -> None:
    with pytest.raises(InvokeError, match="cannot stream"):
        runtime.stream("plain", event(tmp_path))


def test_plain_invocation_returns_the_whole_stream(
    runtime: FunctionRuntime, tmp_path: Path
) -> None:
    (tmp_path / "0").touch()

    assert runtime.invoke("streams", event(tmp_path, pieces=1)).payload == HEAD + b"0"
