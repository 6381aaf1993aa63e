"""The HTTP/1.1 server of everything local: keep-alive connections and streamed responses.

Werkzeug's own server closes each connection after one response. This one keeps it open, sends
every chunk that the application yields at once, and finishes running requests when it stops.

Beyond WSGI, the environ of a request holds:

- `http.target`: path and query as the client sent them, still percent-encoded
- `http.headers`: the request's headers as a list of pairs, in the client's order and spelling

and an application can set `environ["http.drop"] = True` to close the connection without a response.
An application notices a client that leaves: its response iterator is closed before it is exhausted.
"""

import errno
import io
import logging
import socket
import sys
import threading
from collections.abc import Callable, Iterable
from typing import IO, Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from local.http_response import ResponseWriter

WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]

HOST = "127.0.0.1"
_BACKLOG = 512
_DISCARD_BYTES = 64 * 1024 * 1024
"""How much of an unread body is discarded, so that the client gets to read the response."""
_STATUS_CHECK_SECONDS = 0.05

_logger = logging.getLogger(__name__)


class PortTakenError(OSError):
    """Another program listens on the requested port."""


def require_free(*ports: int) -> None:
    """Raises PortTakenError for a port that another program uses; 0 stands for any port."""
    for port in filter(None, ports):
        _listening(port, backlog=0).close()


def _listening(port: int, backlog: int = _BACKLOG) -> socket.socket:
    try:
        return socket.create_server((HOST, port), backlog=backlog)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        message = f"port {port} on {HOST} is used by another program; choose another port"
        raise PortTakenError(errno.EADDRINUSE, message) from error


class HttpServer:
    """Serves one WSGI application on loopback, a thread per connection.

    Raises PortTakenError for a port that is in use; port 0 takes a free one. The port is known,
    and connections queue, before `start` is called.
    """

    def __init__(self, app: WsgiApp, port: int = 0) -> None:
        with _listening(port) as listening:
            self._server = _Server(HOST, port, app, _Handler, fd=listening.fileno())
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_STATUS_CHECK_SECONDS,), daemon=True
        )

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._server.port

    def start(self) -> None:
        """Answers requests from now on, on threads of its own."""
        self._thread.start()

    def stop(self, grace_seconds: float = 5.0) -> None:
        """Stops accepting, waits for running requests, then closes all connections."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
        self._server.close_connections(grace_seconds)


class _Server(ThreadedWSGIServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.changed = threading.Condition()
        self.running_requests = 0
        self._connections: set[socket.socket] = set()
        super().__init__(*args, **kwargs)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self.changed:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self.changed:
            self._connections.discard(request)
        super().shutdown_request(request)

    def count(self, change: int) -> None:
        with self.changed:
            self.running_requests += change
            self.changed.notify_all()

    def close_connections(self, grace_seconds: float) -> None:
        with self.changed:
            self.changed.wait_for(lambda: self.running_requests == 0, grace_seconds)
            left = list(self._connections)
        for connection in left:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError as error:
                if error.errno not in (errno.ENOTCONN, errno.EBADF):
                    raise

    def handle_error(self, _request: Any, client_address: Any) -> None:
        if isinstance(sys.exc_info()[1], ConnectionError):
            return  # the client has disconnected, as readers of streams do
        _logger.exception("connection failed", extra={"client": client_address})


class _Body(io.RawIOBase):
    """A request body of known length."""

    def __init__(self, stream: io.BufferedIOBase, length: int) -> None:
        self._stream = stream
        self._remaining = length

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        wanted = min(len(buffer), self._remaining)
        data = self._stream.read(wanted)
        if len(data) < wanted:
            raise ConnectionResetError("the client left in the middle of its body")
        self._remaining -= wanted
        buffer[:wanted] = data
        return wanted


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024
    server: _Server

    def run_wsgi(self) -> None:
        """Answers one request. Closes the connection where its end cannot be found."""
        length = self._content_length()
        if length is None:
            self.send_error(400)
            return
        environ = self._environ(length)
        body = environ["wsgi.input"]
        self.server.count(+1)
        try:
            self._respond(environ)
            self._discard(body)
        except ConnectionError:
            self.close_connection = True
        finally:
            self.server.count(-1)

    def _content_length(self) -> int | None:
        """The length of the body; None where the headers are wrong or ambiguous."""
        length, encoding = self.headers.get("content-length"), self.headers.get("transfer-encoding")
        if encoding is not None:
            return 0 if length is None and encoding.lower() == "chunked" else None
        return int(length or 0) if (length or "0").isdecimal() else None

    def _environ(self, length: int) -> dict[str, Any]:
        environ: dict[str, Any] = self.make_environ()
        if "wsgi.input_terminated" not in environ:
            environ["wsgi.input_terminated"] = True
            environ["wsgi.input"] = io.BufferedReader(_Body(self.rfile, length))
        environ["http.target"] = self.requestline.split()[1]
        environ["http.headers"] = self.headers.items()
        return environ

    def _respond(self, environ: dict[str, Any]) -> None:
        response = ResponseWriter(self)
        content: Iterable[bytes] = ()
        try:
            content = self.server.app(environ, response.start)
            if environ.get("http.drop"):
                self.close_connection = True
            else:
                response.send(content)
        except ConnectionError:
            raise
        except Exception:
            _logger.exception("%s %s failed", self.command, self.path)
            self.close_connection = True
            if not response.head_sent:
                self.send_error(500)
        finally:
            if hasattr(content, "close"):
                content.close()

    def _discard(self, body: IO[bytes]) -> None:
        """Reads what the application left of a body, up to the start of the next request."""
        left = _DISCARD_BYTES
        try:
            while left > 0 and (data := body.read(min(left, 64 * 1024))):
                left -= len(data)
        except OSError:  # a broken chunk, or a client that left
            self.close_connection = True
        if left <= 0:
            self.close_connection = True

    def handle_expect_100(self) -> bool:
        """Sends "100 Continue" at once: held back, an S3 client waits a second for it."""
        self.send_response_only(100)
        self.end_headers()
        self.wfile.flush()
        return True

    def send_error(self, code: int, *_: object) -> None:
        """Sends an error of the server itself as JSON and closes the connection."""
        self.close_connection = True
        response = ResponseWriter(self)
        phrase = self.responses.get(code, ("Error",))[0]
        response.start(f"{code} {phrase}", [("content-type", "application/json")])
        response.send([b'{"message":"%s"}' % phrase.encode()])

    def log(self, *_: object) -> None:
        """Logs nothing: applications have logs of their own."""
