"""API Gateway between a client and a function: routes, limits, invocation and access log."""

import json
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import IO, Any

from local.aws.functions import InvokeError, Outcome
from local.front.access_log import AccessLog
from local.front.event import Request, new_request_id, request_event
from local.front.response import (
    Response,
    function_response,
    gateway_response,
    internal_error,
    refusal_response,
)
from local.front.routes import METHODS, ApiDefinition, Match
from local.http_server import HOST, HttpServer

Invoke = Callable[[str, bytes], Outcome]
"""Runs a function of the deployment by its logical id and waits for the result."""

HEADER_BYTES = 10_240
"""Request line and headers together ("Quotas for HTTP APIs")."""
PAYLOAD_BYTES = 10 * 1024 * 1024
"""The largest body that API Gateway accepts."""
EVENT_BYTES = 6 * 1024 * 1024
"""The largest event of a synchronous Lambda invocation."""
INTEGRATION_SECONDS = 30.0
"""How long a function may take before the client gets a 503."""

_WORKERS = 256
_BODILESS = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)

_logger = logging.getLogger(__name__)


class _RequestRefusedError(Exception):
    """The gateway refuses a request before any function sees it."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


@dataclass
class _Exchange:
    """One request with its response, as the access log describes them."""

    request: Request
    request_id: str
    started: float
    response: Response = field(default_factory=lambda: internal_error("no response"))
    route_key: str | None = None

    def log_entry(self, received: bool) -> dict[str, Any]:
        return {
            "requestId": self.request_id,
            "requestTime": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "ip": self.request.source_ip,
            "httpMethod": self.request.method,
            "path": self.request.path,
            "routeKey": self.route_key,
            "protocol": self.request.protocol,
            "status": self.response.status,
            "responseLength": len(self.response.body),
            "responseLatency": round((time.perf_counter() - self.started) * 1000, 1),
            "userAgent": self.request.header("user-agent"),
            "error": self.response.problem,
            "clientReceived": received,
        }


class HttpApi:
    """The HTTP API of a deployment, served on loopback.

    Starts when it is made; use it as a context manager or call `close`. Raises PortTakenError when
    `port` is in use; port 0 takes a free one.
    """

    def __init__(
        self,
        definition: ApiDefinition,
        invoke: Invoke,
        *,
        port: int = 0,
        integration_seconds: float = INTEGRATION_SECONDS,
    ) -> None:
        self.access_log = AccessLog()
        self._definition = definition
        self._invoke = invoke
        self._integration_seconds = integration_seconds
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="integration")
        self._server = HttpServer(self, port)
        self._server.start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._server.port

    @property
    def url(self) -> str:
        """The root address, for example http://127.0.0.1:8000, without a slash at the end."""
        return f"http://{HOST}:{self.port}"

    def close(self) -> None:
        """Stops accepting, lets running requests finish, and closes every connection."""
        self._server.stop()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def __enter__(self) -> "HttpApi":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answers one request; the WSGI application that the server runs."""
        request = Request(
            method=environ["REQUEST_METHOD"],
            target=environ["http.target"],
            headers=environ["http.headers"],
            protocol=environ["SERVER_PROTOCOL"],
            source_ip=environ["REMOTE_ADDR"],
        )
        exchange = _Exchange(request, new_request_id(), time.perf_counter())
        try:
            self._answer(exchange, environ)
        except _RequestRefusedError as refused:
            exchange.response = gateway_response(refused.status)
        response = exchange.response
        headers = [*response.headers, ("apigw-requestid", exchange.request_id)]
        if response.status not in _BODILESS:
            headers.append(("content-length", str(len(response.body))))
        named = any(name == "allow" for name, _ in headers)
        if response.status == HTTPStatus.METHOD_NOT_ALLOWED and not named:
            headers.append(("allow", ", ".join(sorted(METHODS))))
        start_response(f"{response.status} {_phrase(response.status)}", headers)
        return self._sent(exchange)

    def _sent(self, exchange: _Exchange) -> Iterator[bytes]:
        """Yields the body and then writes the access log: the server has sent what it yields."""
        received = False
        try:
            yield exchange.response.body
            received = True
        finally:
            self.access_log.record(exchange.log_entry(received))

    def _answer(self, exchange: _Exchange, environ: dict[str, Any]) -> None:
        request = exchange.request
        _check_head(request)
        body = _read_body(environ)
        match = self._definition.routes.match(request.method, request.path)
        if match is None:
            raise _RequestRefusedError(HTTPStatus.NOT_FOUND)
        exchange.route_key = match.route.key
        exchange.request = replace(request, body=body)
        exchange.response = self._integrate(exchange, match)

    def _integrate(self, exchange: _Exchange, match: Match) -> Response:
        future = self._pool.submit(self._run, exchange, match)
        try:
            error = future.exception(self._integration_seconds)
        except TimeoutError:
            problem = f"no response within {self._integration_seconds:g} s"
            return gateway_response(HTTPStatus.SERVICE_UNAVAILABLE, problem)
        if error is None:
            return future.result()
        if isinstance(error, InvokeError):
            return refusal_response(error)
        _logger.error("the integration of %s failed", match.route.key, exc_info=error)
        return internal_error(type(error).__name__)

    def _run(self, exchange: _Exchange, match: Match) -> Response:
        now = datetime.now(UTC)
        event = request_event(exchange.request, match, self._definition, now, exchange.request_id)
        payload = json.dumps(event, ensure_ascii=False).encode("utf-8", "replace")
        if len(payload) > EVENT_BYTES:
            problem = f"an event of {len(payload)} bytes"
            return gateway_response(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, problem)
        return function_response(self._invoke(match.route.function, payload))


def _check_head(request: Request) -> None:
    if request.method not in METHODS:
        raise _RequestRefusedError(HTTPStatus.METHOD_NOT_ALLOWED)
    line = len(f"{request.method} {request.target} {request.protocol}\r\n")
    if line + sum(len(name) + len(value) + 4 for name, value in request.headers) > HEADER_BYTES:
        raise _RequestRefusedError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)


def _read_body(environ: dict[str, Any]) -> bytes:
    """Reads a body within the limit; the server discards the rest of a larger one."""
    stream: IO[bytes] = environ["wsgi.input"]
    body = bytearray()
    try:
        while len(body) <= PAYLOAD_BYTES and (data := stream.read(64 * 1024)):
            body += data
    except ConnectionError:
        raise
    except OSError as error:  # a broken chunk
        raise _RequestRefusedError(HTTPStatus.BAD_REQUEST) from error
    if len(body) > PAYLOAD_BYTES:
        raise _RequestRefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return bytes(body)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
