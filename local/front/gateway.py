"""What API Gateway does between a request and a function, without any socket."""

import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus

from local.aws.functions import InvokeError, Outcome
from local.front.answer import http_answer
from local.front.definition import ApiDefinition
from local.front.event import new_request_id, request_event
from local.front.messages import Request, Response, gateway_answer
from local.front.routes import METHODS, Match

_logger = logging.getLogger(__name__)

Invoke = Callable[[str, bytes], Outcome]
"""Runs a function of the deployment by its logical id and waits for the result."""

HEADER_BYTES = 10_240
"""Request line and headers together ("Quotas for HTTP APIs")."""
PAYLOAD_BYTES = 10 * 1024 * 1024
"""The largest body that API Gateway takes."""
EVENT_BYTES = 6 * 1024 * 1024
"""The largest event of a synchronous Lambda invocation."""
INTEGRATION_SECONDS = 30.0
"""How long a function may take before the client is answered 503."""

PREFLIGHT = "$preflight"
"""Stands in the access log for a CORS preflight, which has no route."""

_WORKERS = 256


@dataclass(frozen=True)
class Exchange:
    """One request with its answer, and what the access log wants to know of it."""

    response: Response
    request_id: str
    route_key: str | None


class Gateway:
    """Routes, checks, invokes and translates. Safe to call from many threads."""

    def __init__(
        self,
        definition: ApiDefinition,
        invoke: Invoke,
        *,
        integration_seconds: float = INTEGRATION_SECONDS,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._definition = definition
        self._invoke = invoke
        self._integration_seconds = integration_seconds
        self._now = now
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="integration")

    def close(self) -> None:
        """Takes no new requests; a function that still runs is left to its own timeout."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def handle(self, request: Request) -> Exchange:
        """The answer to one request. Never raises for what a client or a function does."""
        request_id = new_request_id()
        response, route_key = self._answer(request, request_id)
        return self._complete(request, response, request_id, route_key)

    def refuse(self, request: Request, response: Response) -> Exchange:
        """Completes the refusal of a request whose body was not read."""
        return self._complete(request, response, new_request_id(), None)

    def _complete(
        self, request: Request, response: Response, request_id: str, route_key: str | None
    ) -> Exchange:
        cors = self._definition.cors
        if cors is not None and route_key != PREFLIGHT:
            response = cors.apply(request, response)
        headers = [*response.headers, ("apigw-requestid", request_id)]
        return Exchange(replace(response, headers=headers), request_id, route_key)

    def _answer(self, request: Request, request_id: str) -> tuple[Response, str | None]:
        refusal = _refusal(request)
        if refusal is not None:
            return refusal, None
        if self._definition.cors is not None:
            preflight = self._definition.cors.preflight(request)
            if preflight is not None:
                return preflight, PREFLIGHT
        match = self._definition.routes.match(request.method, request.path)
        if match is None:
            return gateway_answer(HTTPStatus.NOT_FOUND, "Not Found"), None
        return self._integrate(request, match, request_id), match.route.key

    def _integrate(self, request: Request, match: Match, request_id: str) -> Response:
        future = self._pool.submit(self._run, request, match, request_id)
        try:
            error = future.exception(self._integration_seconds)
        except TimeoutError:
            return _unavailable(f"no answer within {self._integration_seconds:g} s")
        if error is None:
            return future.result()
        if isinstance(error, InvokeError):
            return _refused_by_lambda(error)
        _logger.error("the integration of %s failed", match.route.key, exc_info=error)
        return gateway_answer(
            HTTPStatus.INTERNAL_SERVER_ERROR, "Internal Server Error", type(error).__name__
        )

    def _run(self, request: Request, match: Match, request_id: str) -> Response:
        definition = self._definition
        event = request_event(request, match, definition.identity, self._now(), request_id)
        if match.route.authorizer is not None:
            authorizer = definition.authorizers[match.route.authorizer]
            decision = authorizer.decide(request, match, event, self._invoke)
            if decision.refusal is not None:
                return decision.refusal
            event["requestContext"]["authorizer"] = {"lambda": dict(decision.context)}
        payload = json.dumps(event, ensure_ascii=False).encode("utf-8", "replace")
        if len(payload) > EVENT_BYTES:
            return _too_large(f"an event of {len(payload)} bytes")
        return http_answer(self._invoke(match.route.function, payload))


def _refusal(request: Request) -> Response | None:
    if request.method not in METHODS:
        refused = gateway_answer(HTTPStatus.METHOD_NOT_ALLOWED, "Method Not Allowed")
        allowed = ("allow", ", ".join(sorted(METHODS)))
        return replace(refused, headers=[*refused.headers, allowed])
    line = len(f"{request.method} {request.target} {request.protocol}\r\n")
    if line + sum(len(name) + len(value) + 4 for name, value in request.headers) > HEADER_BYTES:
        status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        return gateway_answer(status, "Request Header Fields Too Large")
    return None


def _refused_by_lambda(error: InvokeError) -> Response:
    """The client's answer when Lambda did not even start the function."""
    problem = f"{error.code}: {error}"
    if error.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return _too_large(problem)
    if error.status == HTTPStatus.TOO_MANY_REQUESTS:
        return _unavailable(problem)
    return gateway_answer(HTTPStatus.INTERNAL_SERVER_ERROR, "Internal Server Error", problem)


def _too_large(problem: str) -> Response:
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    return gateway_answer(status, "Request Entity Too Large", problem)


def _unavailable(problem: str) -> Response:
    return gateway_answer(HTTPStatus.SERVICE_UNAVAILABLE, "Service Unavailable", problem)
