"""API Gateway between a client and a function: routes, limits, invocation and access log."""

import json
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import chain
from typing import IO, Any

from local.aws.functions import FunctionFailedError, InvokeError, Outcome
from local.front.access_log import AccessLog
from local.front.event import Request, new_request_id, request_event
from local.front.exchange import Exchange
from local.front.gateway import GatewayResponses
from local.front.response import MalformedResultError, Response, function_response, streamed_head
from local.front.routes import ApiDefinition, Match, without_stage
from local.http_server import HOST, HttpServer

Invoke = Callable[[str, bytes], Outcome]
"""Runs a function of the deployment by its logical id and waits for the result."""
Stream = Callable[[str, bytes], Iterator[bytes]]
"""Runs a function and yields what it sends, while it runs: the prelude, 8 NUL bytes, the body."""

HEADER_BYTES = 10_240
"""Request line and headers together ("Quotas for REST APIs")."""
PAYLOAD_BYTES = 10 * 1024 * 1024
"""The largest body that API Gateway accepts."""
EVENT_BYTES = 6 * 1024 * 1024
"""The largest event of a synchronous Lambda invocation."""
INTEGRATION_SECONDS = 29.0
"""How long a buffered function may take before the client gets a 504."""
PRELUDE_BYTES = 64 * 1024
"""A stream without the end of its prelude in so many bytes is malformed."""
PRELUDE_END = bytes(8)

_WORKERS = 256
_BODILESS = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)

_logger = logging.getLogger(__name__)


class _RefusedError(Exception):
    """API Gateway responds in place of the function."""

    def __init__(self, kind: str, problem: str | None = None) -> None:
        super().__init__(kind)
        self.kind = kind
        self.problem = problem


class RestApi:
    """The REST API of a deployment, served on loopback.

    Starts when it is made; use it as a context manager or call `close`. Raises PortTakenError when
    `port` is in use; port 0 takes a free one.
    """

    def __init__(
        self,
        definition: ApiDefinition,
        invoke: Invoke,
        stream: Stream,
        *,
        port: int = 0,
        integration_seconds: float = INTEGRATION_SECONDS,
        on_request: Callable[[dict[str, Any]], None] = lambda _: None,
    ) -> None:
        self.access_log = AccessLog(on_request)
        self._definition = definition
        self._errors = GatewayResponses(definition.gateway_responses)
        self._invoke = invoke
        self._stream = stream
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

    def __enter__(self) -> "RestApi":
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
        exchange = Exchange(request, new_request_id(), time.perf_counter())
        try:
            self._answer(exchange, environ)
        except _RefusedError as refused:
            exchange.response = self._errors.response(
                refused.kind, exchange.request_id, refused.problem
            )
        response = exchange.response
        headers = [*response.headers, ("x-amzn-requestid", exchange.request_id)]
        if response.status not in _BODILESS and exchange.streamed is None:
            headers.append(("content-length", str(len(response.body))))
        start_response(f"{response.status} {_phrase(response.status)}", headers)
        return self._sent(exchange)

    def _sent(self, exchange: Exchange) -> Iterator[bytes]:
        """Yields the body and then writes the access log: the server has sent what it yields."""
        received = False
        try:
            for data in exchange.streamed or [exchange.response.body]:
                yield data
                exchange.sent += len(data)
            received = True
        finally:
            self.access_log.record(exchange.log_entry(received))

    def _answer(self, exchange: Exchange, environ: dict[str, Any]) -> None:
        request = exchange.request
        _check_head(request)
        body = _read_body(environ)
        path = without_stage(request.path)
        match = self._definition.routes.match(request.method, path) if path else None
        if match is None:
            raise _RefusedError("MISSING_AUTHENTICATION_TOKEN")
        exchange.route_key = match.route.key
        exchange.request = replace(request, body=body)
        if match.route.is_streamed:
            self._begin_stream(exchange, match)
        else:
            exchange.response = self._integrate(exchange, match)

    def _integrate(self, exchange: Exchange, match: Match) -> Response:
        payload = self._payload(exchange, match)
        future = self._pool.submit(self._invoke, match.route.function, payload)
        try:
            outcome = future.result(self._integration_seconds)
        except TimeoutError as error:
            problem = f"no response within {self._integration_seconds:g} s"
            raise _RefusedError("INTEGRATION_TIMEOUT", problem) from error
        except Exception as error:
            raise self._failure(match, error) from error
        try:
            return function_response(outcome)
        except MalformedResultError as error:
            raise _RefusedError("FUNCTION_FAILED", str(error)) from error

    def _begin_stream(self, exchange: Exchange, match: Match) -> None:
        """Reads the start of the stream, which has the status and the headers."""
        chunks = self._stream(match.route.function, self._payload(exchange, match))
        begun = b""
        try:
            while PRELUDE_END not in begun and len(begun) < PRELUDE_BYTES:
                begun += next(chunks)
            prelude, _, first = begun.partition(PRELUDE_END)
            exchange.response = streamed_head(prelude)
        except (StopIteration, MalformedResultError) as error:
            raise _RefusedError("FUNCTION_FAILED", str(error)) from error
        except Exception as error:
            raise self._failure(match, error) from error
        exchange.streamed = chain([first] if first else [], chunks)

    def _payload(self, exchange: Exchange, match: Match) -> bytes:
        now = datetime.now(UTC)
        event = request_event(exchange.request, match, self._definition, now, exchange.request_id)
        payload = json.dumps(event, ensure_ascii=False).encode("utf-8", "replace")
        if len(payload) > EVENT_BYTES:
            raise _RefusedError("REQUEST_TOO_LARGE", f"an event of {len(payload)} bytes")
        return payload

    def _failure(self, match: Match, error: Exception) -> _RefusedError:
        if isinstance(error, FunctionFailedError):
            return _RefusedError("FUNCTION_FAILED", str(error))
        if not isinstance(error, InvokeError):
            _logger.error("the integration of %s failed", match.route.key, exc_info=error)
            return _RefusedError("INVOCATION_REFUSED", type(error).__name__)
        is_large = error.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        kind = "REQUEST_TOO_LARGE" if is_large else "INVOCATION_REFUSED"
        return _RefusedError(kind, f"{error.code}: {error}")


def _check_head(request: Request) -> None:
    line = len(f"{request.method} {request.target} {request.protocol}\r\n")
    if line + sum(len(name) + len(value) + 4 for name, value in request.headers) > HEADER_BYTES:
        raise _RefusedError("HEADERS_TOO_LARGE")


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
        raise _RefusedError("BAD_REQUEST") from error
    if len(body) > PAYLOAD_BYTES:
        raise _RefusedError("REQUEST_TOO_LARGE")
    return bytes(body)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
