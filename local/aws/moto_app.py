"""moto's own WSGI application."""

import threading
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.wrappers import Response

from local.http_server import WsgiApp

_CONCURRENT_SERVICES = {"sqs", "states", "lambda", "cloudformation"}
"""Their requests wait, for messages or for a function."""


class MotoApp:
    """Lets one request at a time into each service.

    moto's backends check and write in two steps without locks, so that two concurrent conditional
    writes could both succeed.
    """

    def __init__(self, app: WsgiApp | None = None) -> None:
        self._app = app or DomainDispatcherApplication(create_backend_app)
        self._apps: dict[str, WsgiApp] = {}
        self._locks: dict[str, threading.Lock] = {}

    def answer(self, service: str, environ: dict[str, Any]) -> Response:
        """Returns moto's response to one request."""
        app = self._application(service, environ)
        if service in _CONCURRENT_SERVICES:
            return Response.from_app(app, environ, buffered=True)
        with self._locks.setdefault(service, threading.Lock()):
            return Response.from_app(app, environ, buffered=True)

    def _application(self, service: str, environ: dict[str, Any]) -> WsgiApp:
        """moto searches its folders for the service of every request; once is enough.

        S3 is several applications, by the form of the request.
        """
        if service == "s3" or not isinstance(self._app, DomainDispatcherApplication):
            return self._app
        if service not in self._apps:
            self._apps[service] = self._app.get_application(environ)
        return self._apps[service]
