"""Lambda's Runtime API, for one worker whose function brings its own runtime.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from werkzeug.serving import DechunkedInput

from local.aws.functions.outcome import FunctionFailedError
from local.http_server import HOST, HttpServer

_NEXT = "/2018-06-01/runtime/invocation/next"
_INVOCATION = "/2018-06-01/runtime/invocation/"
_ERROR_TYPE = "lambda-runtime-function-error-type"
_MAX_WAITING = 64
_CHECK_SECONDS = 0.5


class Invocation:
    """One invocation; yields the response's bytes as the runtime sends them.

    A function runs on when its caller leaves: what it sends then is discarded.
    """

    def __init__(
        self,
        request_id: str,
        payload: bytes,
        headers: Mapping[str, str],
        on_end: Callable[[], None],
    ) -> None:
        self.request_id = request_id
        self.payload = payload
        self.headers = {"Lambda-Runtime-Aws-Request-Id": request_id, **headers}
        self._on_end = on_end
        self._chunks: queue.Queue[bytes | None] = queue.Queue(_MAX_WAITING)
        self._abandoned = threading.Event()
        self._lock = threading.Lock()
        self._has_ended = False
        self._problem: str | None = None

    def put(self, data: bytes | None) -> None:
        """Passes on a piece of the response; waits while the caller does not take it."""
        while not self._abandoned.is_set():
            try:
                self._chunks.put(data, timeout=_CHECK_SECONDS)
            except queue.Full:
                continue
            return

    def end(self, problem: str | None = None) -> None:
        """Ends the invocation, as failed if there is a problem. Only the first call counts."""
        with self._lock:
            if self._has_ended:
                return
            self._has_ended = True
        self._problem = problem
        self._on_end()
        self.put(None)

    def __iter__(self) -> Iterator[bytes]:
        """Yields the response. Raises FunctionFailedError if it does not come to its end."""
        try:
            while (data := self._chunks.get()) is not None:
                yield data
            if self._problem is not None:
                raise FunctionFailedError(self._problem)
        finally:
            self._abandoned.set()


class RuntimeApi:
    """The server that a runtime takes its invocations from, one after the other."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[Invocation | None] = queue.Queue()
        self._running: Invocation | None = None
        self._server = HttpServer(self._answer)
        self._server.start()

    @property
    def address(self) -> str:
        """The value of AWS_LAMBDA_RUNTIME_API."""
        return f"{HOST}:{self._server.port}"

    def start(self, invocation: Invocation) -> None:
        """Hands an invocation to the runtime. There must be no other one."""
        self._running = invocation
        self._waiting.put(invocation)

    def fail(self, problem: str) -> None:
        """Ends the running invocation, if there is one."""
        if self._running is not None:
            self._running.end(problem)

    def close(self) -> None:
        """Stops the server."""
        self._waiting.put(None)
        self._server.stop(grace_seconds=0)

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answers `next` when there is an invocation, and takes responses and errors."""
        path, body = environ["PATH_INFO"], environ["wsgi.input"]
        if path == _NEXT:
            return self._next(start_response)
        request_id, _, what = path.removeprefix(_INVOCATION).partition("/")
        invocation = self._running
        if invocation is None or invocation.request_id != request_id:
            body.read()  # an error of the runtime's start
        elif what == "error":
            invocation.end(body.read().decode("utf-8", "replace"))
        else:
            _take_response(invocation, body)
        start_response("202 Accepted", [])
        return [b""]

    def _next(self, start_response: Any) -> Iterable[bytes]:
        invocation = self._waiting.get()
        if invocation is None:
            start_response("410 Gone", [])
            return [b""]
        start_response("200 OK", list(invocation.headers.items()))
        return [invocation.payload]


def _take_response(invocation: Invocation, body: DechunkedInput) -> None:
    """Passes on each chunk when it has arrived; a trailer says whether the function failed."""
    wire = body._rfile
    try:
        while size := body.read_chunk_len():
            data = wire.read(size + 2)
            if len(data) < size + 2:
                raise ConnectionResetError("the runtime ended in the middle of a chunk")
            invocation.put(data[:size])
    except OSError as error:
        invocation.end("Runtime.TruncatedResponse")
        raise ConnectionResetError from error
    problem = None
    while line := wire.readline().strip().decode("latin-1"):
        name, _, value = line.partition(":")
        if name.lower() == _ERROR_TYPE:
            problem = value.strip()
    body._done = True
    invocation.end(problem)
