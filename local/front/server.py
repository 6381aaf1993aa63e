"""The HTTP API as a server on loopback."""

import errno
import logging
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import ThreadingHTTPServer
from typing import Any

from local.front.access_log import AccessLog
from local.front.connection import Connection
from local.front.gateway import Exchange, Gateway
from local.front.messages import Request

_logger = logging.getLogger(__name__)
_STOP_CHECK_SECONDS = 0.1


class PortTakenError(OSError):
    """Another program listens on the port that the HTTP API was told to use."""


class FrontServer(ThreadingHTTPServer):
    """Accepts connections, one thread each, and knows which requests are being answered."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], gateway: Gateway, access_log: AccessLog) -> None:
        self.gateway = gateway
        self._access_log = access_log
        self._state = threading.Condition()
        self._answering = 0
        self._open: set[socket.socket] = set()
        super().__init__(address, Connection)

    def server_bind(self) -> None:
        """Binds without the reverse DNS look-up of http.server, which can take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    @contextmanager
    def in_flight(self) -> Iterator[None]:
        """Marks a request as being answered."""
        with self._state:
            self._answering += 1
        try:
            yield
        finally:
            with self._state:
                self._answering -= 1
                self._state.notify_all()

    def log(self, request: Request, exchange: Exchange, seconds: float, received: bool) -> None:
        """Writes one line of the access log; `received` is False when the client had gone."""
        self._access_log.record(
            {
                "requestId": exchange.request_id,
                "requestTime": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "ip": request.source_ip,
                "httpMethod": request.method,
                "path": request.path,
                "routeKey": exchange.route_key,
                "protocol": request.protocol,
                "status": exchange.response.status,
                "responseLength": len(exchange.response.body),
                "responseLatency": round(seconds * 1000, 1),
                "userAgent": request.header("user-agent"),
                "error": exchange.response.problem,
                "clientReceived": received,
            }
        )

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remembers the connection, so that stopping can close it while it is idle."""
        with self._state:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forgets the connection and closes it."""
        with self._state:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, _request: Any, client_address: Any) -> None:
        """Logs a fault of the front itself; clients that leave do not come here."""
        _logger.exception("request failed in the HTTP front", extra={"client": client_address})

    def finish(self, grace_seconds: float) -> None:
        """Waits for the requests being answered, then closes what connections are left."""
        with self._state:
            self._state.wait_for(lambda: self._answering == 0, grace_seconds)
            left = list(self._open)
        for connection in left:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError as error:
                if error.errno not in (errno.ENOTCONN, errno.EBADF):
                    raise


class HttpApi:
    """The HTTP API of a deployment, served over HTTP/1.1 with keep-alive.

    Starts listening when made; use it as a context manager or call `close`. Raises
    PortTakenError when `port` is in use; port 0 takes a free one.
    """

    def __init__(
        self,
        gateway: Gateway,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        access_log: AccessLog | None = None,
    ) -> None:
        self.access_log = access_log if access_log is not None else AccessLog()
        self._gateway = gateway
        try:
            self._server = FrontServer((host, port), gateway, self.access_log)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            message = f"port {port} on {host} is used by another program; choose another port"
            raise PortTakenError(errno.EADDRINUSE, message) from error
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_STOP_CHECK_SECONDS,), name="http-api"
        )
        self._thread.start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._server.server_port

    @property
    def url(self) -> str:
        """The root address, for example http://127.0.0.1:8000, without a slash at the end."""
        return f"http://{self._server.server_name}:{self.port}"

    def close(self, grace_seconds: float = 5.0) -> None:
        """Stops accepting, lets running requests end, closes every connection."""
        self._server.shutdown()
        self._server.server_close()
        self._server.finish(grace_seconds)
        self._gateway.close()
        self._thread.join()

    def __enter__(self) -> "HttpApi":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
