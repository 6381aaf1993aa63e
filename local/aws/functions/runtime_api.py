"""Lambda's Runtime API, for one worker whose function brings its own runtime.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from local.aws.functions.outcome import FunctionFailedError

_NEXT = "/2018-06-01/runtime/invocation/next"
_INVOCATION = "/2018-06-01/runtime/invocation/"
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
    """The server that a runtime takes its invocations from."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[Invocation | None] = queue.Queue()
        self._running: Invocation | None = None
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.api = self
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        """The value of AWS_LAMBDA_RUNTIME_API."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def start(self, invocation: Invocation) -> None:
        """Hands an invocation to the runtime. There must be no other one."""
        self._running = invocation
        self._waiting.put(invocation)

    def fail(self, problem: str) -> None:
        """Ends the running invocation, if there is one."""
        if self._running is not None:
            self._running.end(problem)

    def next(self) -> Invocation | None:
        """Waits for an invocation; None when the server is closed."""
        return self._waiting.get()

    def running(self, request_id: str) -> Invocation | None:
        """Returns the running invocation if it has this id."""
        found = self._running
        return found if found is not None and found.request_id == request_id else None

    def close(self) -> None:
        """Stops the server."""
        self._waiting.put(None)
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    api: RuntimeApi


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        """Answers `next`, as soon as there is an invocation."""
        invocation = self.server.api.next() if self.path == _NEXT else None
        if invocation is None:
            self._answer(404)
            return
        self._answer(200, invocation.payload, invocation.headers)

    def do_POST(self) -> None:
        """Takes a response or an error of the running invocation, or of the runtime's start."""
        request_id, _, what = self.path.removeprefix(_INVOCATION).partition("/")
        invocation = self.server.api.running(request_id)
        if invocation is None or what not in ("response", "error"):
            self._answer(202 if self._read_all() is not None else 400)
        elif what == "error":
            invocation.end(self._read_all().decode("utf-8", "replace"))
            self._answer(202)
        else:
            self._take_response(invocation)

    def _take_response(self, invocation: Invocation) -> None:
        problem = None
        try:
            for data in self._chunks():
                invocation.put(data)
            trailers = self._trailers()
            problem = trailers.get("lambda-runtime-function-error-type")
        except (ConnectionError, ValueError):
            invocation.end("Runtime.TruncatedResponse")
            self.close_connection = True
            return
        self._answer(202)
        invocation.end(problem)

    def _read_all(self) -> bytes:
        return self.rfile.read(int(self.headers.get("content-length") or 0))

    def _chunks(self) -> Iterator[bytes]:
        """Yields each chunk of a chunked body when it has arrived."""
        while size := int(self.rfile.readline().strip(), 16):
            data = self.rfile.read(size + 2)
            if len(data) < size + 2:
                raise ConnectionResetError("the runtime ended in the middle of a chunk")
            yield data[:size]

    def _trailers(self) -> dict[str, str]:
        found: dict[str, str] = {}
        while line := self.rfile.readline().strip().decode("latin-1"):
            name, _, value = line.partition(":")
            found[name.lower()] = value.strip()
        return found

    def _answer(self, status: int, body: bytes = b"", headers: Mapping[str, str] = {}) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_: Any) -> None:
        """Logs nothing."""
