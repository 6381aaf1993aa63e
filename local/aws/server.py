"""The HTTP server of the embedded AWS: moto, and in front of it what moto lacks."""

import logging
import threading
from collections.abc import Callable, Iterable
from typing import Any

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import BaseWSGIServer, make_server
from werkzeug.wrappers import Response

_log = logging.getLogger(__name__)
_BODILESS = {204, 304}
WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]

# These wait inside a request, for messages or for a function.
_CONCURRENT_SERVICES = {"sqs", "states", "lambda", "cloudformation"}


class MotoApp:
    """moto's own application, one request at a time for each service.

    moto's backends check and write in two steps without locks, so that two conditional writes at
    once could both win.
    """

    def __init__(self, app: WsgiApp | None = None) -> None:
        self._app = app or DomainDispatcherApplication(create_backend_app)
        self._apps: dict[str, WsgiApp] = {}
        self._locks: dict[str, threading.Lock] = {}

    def answer(self, service: str, environ: dict[str, Any]) -> Response:
        app = self._application(service, environ)
        if service in _CONCURRENT_SERVICES:
            return Response.from_app(app, environ, buffered=True)
        with self._locks.setdefault(service, threading.Lock()):
            return Response.from_app(app, environ, buffered=True)

    def _application(self, service: str, environ: dict[str, Any]) -> WsgiApp:
        """moto looks through its folders for the service of every request; once is enough.

        S3 is several applications, by the form of the request.
        """
        if service == "s3" or not isinstance(self._app, DomainDispatcherApplication):
            return self._app
        if service not in self._apps:
            self._apps[service] = self._app.get_application(environ)
        return self._apps[service]


class _Handler(MotoRequestHandler):  # type: ignore[misc]
    """Keeps connections open; werkzeug's own way of answering closes each, and waits 10 ms."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one write for headers and body, sent when the request is done

    def handle_expect_100(self) -> bool:
        """Sends "100 Continue" at once: held back, an S3 client waits a second for it."""
        answered = bool(super().handle_expect_100())
        self.wfile.flush()
        return answered

    def run_wsgi(self) -> None:
        environ = self.make_environ()
        try:
            response = Response.from_app(self.server.app, environ, buffered=True)
        except ConnectionError as error:
            self.close_connection = True
            self.connection_dropped(error)
            return
        except Exception:  # noqa: BLE001 - a bug in moto must not end the connection's thread
            _log.exception("%s %s", self.command, self.path)
            response = Response(status=500)
        self._send(response)

    def _send(self, response: Response) -> None:
        body = response.get_data()
        self.send_response(response.status_code)
        if self.command != "HEAD":
            response.content_length = len(body)
        for name, value in response.headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD" and response.status_code not in _BODILESS:
            self.wfile.write(body)

    def log_request(self, *_: Any) -> None:
        """The recorder has the calls."""


class Server:
    """Serves one WSGI application on a port of the loopback interface."""

    def __init__(self, app: WsgiApp, port: int) -> None:
        """Port 0 takes a free one. Raises OSError for a port that is taken."""
        self._server: BaseWSGIServer = make_server(
            "127.0.0.1", port, app, threaded=True, request_handler=_Handler
        )
        self._server.daemon_threads = True  # type: ignore[attr-defined]
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )

    @property
    def port(self) -> int:
        return self._server.port

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
