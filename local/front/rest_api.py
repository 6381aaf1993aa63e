"""API Gateway between a client and a function: routes, limits and invocation."""

import json
import logging
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from http.client import responses
from typing import IO, Any

from local.aws.functions import FunctionFailedError, InvokeError, Outcome
from local.front.event import Request, request_event
from local.front.gateway import GatewayError, gateway_response
from local.front.response import MalformedResultError, Response, function_response, streamed_head
from local.front.routes import ApiDefinition, without_stage
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

_logger = logging.getLogger(__name__)


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
        on_request: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`on_request` is called with a line for each request when its response begins."""
        self._on_request = on_request
        self._definition = definition
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
        request_id, started = str(uuid.uuid4()), time.perf_counter()
        try:
            response = self._answer(request, request_id, environ)
        except GatewayError as error:
            _logger.info("%s %s: %s", request.method, request.path, error)
            response = gateway_response(error.kind, self._definition.gateway_responses, request_id)
        headers = [*response.headers, ("x-amzn-requestid", request_id)]
        took = (time.perf_counter() - started) * 1000
        # Neither query nor headers: they may have keys and contents.
        self._on_request(f"{request.method:6} {request.path}  {response.status}  {took:.0f} ms")
        start_response(f"{response.status} {responses.get(response.status, 'Unknown')}", headers)
        return response.body

    def _answer(self, request: Request, request_id: str, environ: dict[str, Any]) -> Response:
        _check_head(request)
        request = replace(request, body=_read_body(environ))
        path = without_stage(request.path)
        match = self._definition.routes.match(request.method, path) if path else None
        if match is None:
            raise GatewayError("MISSING_AUTHENTICATION_TOKEN")
        event = request_event(request, match, self._definition, datetime.now(UTC), request_id)
        payload = json.dumps(event, ensure_ascii=False).encode("utf-8", "replace")
        if len(payload) > EVENT_BYTES:
            raise GatewayError("REQUEST_TOO_LARGE")
        call = self._begin_stream if match.route.is_streamed else self._integrate
        try:
            return call(match.route.function, payload)
        except TimeoutError as error:
            raise GatewayError("INTEGRATION_TIMEOUT") from error
        except (FunctionFailedError, MalformedResultError) as error:
            raise GatewayError("FUNCTION_FAILED", error) from error
        except InvokeError as error:
            is_large = error.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            kind = "REQUEST_TOO_LARGE" if is_large else "INVOCATION_REFUSED"
            raise GatewayError(kind, error.code) from error
        except Exception as error:
            _logger.exception("the integration of %s failed", match.route.key)
            raise GatewayError("INVOCATION_REFUSED", type(error).__name__) from error

    def _integrate(self, function: str, payload: bytes) -> Response:
        future = self._pool.submit(self._invoke, function, payload)
        return function_response(future.result(self._integration_seconds))

    def _begin_stream(self, function: str, payload: bytes) -> Response:
        """Reads the start of the stream, which has the status and the headers."""
        chunks, begun = self._stream(function, payload), b""
        while PRELUDE_END not in begun and len(begun) < PRELUDE_BYTES:
            if not (chunk := next(chunks, b"")):
                break
            begun += chunk
        prelude, _, first = begun.partition(PRELUDE_END)
        return replace(streamed_head(prelude), body=_joined(first, chunks))


def _joined(first: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yields a stream whose start was read already; closing it closes the function's stream."""
    if first:
        yield first
    yield from chunks


def _check_head(request: Request) -> None:
    line = len(f"{request.method} {request.target} {request.protocol}\r\n")
    if line + sum(len(name) + len(value) + 4 for name, value in request.headers) > HEADER_BYTES:
        raise GatewayError("HEADERS_TOO_LARGE")


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
        raise GatewayError("BAD_REQUEST") from error
    if len(body) > PAYLOAD_BYTES:
        raise GatewayError("REQUEST_TOO_LARGE")
    return bytes(body)
