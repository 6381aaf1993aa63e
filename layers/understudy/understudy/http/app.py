"""The HTTP entry point: from API Gateway's event to the response, around the route functions."""

import re
import time
from collections.abc import Callable, Sequence
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response

from understudy.domain.callers import Caller
from understudy.errors import (
    MethodNotAllowedError,
    NotFoundError,
    RequestError,
    StorageUnavailableError,
)
from understudy.http.auth import caller_of
from understudy.http.cors import cors_headers, preflight
from understudy.http.errors import request_error, server_error, unavailable
from understudy.http.events import normalized, with_single_headers
from understudy.http.operations import Operation, allowed_methods
from understudy.http.request import Request
from understudy.http.responses import JSON, as_event, is_too_large, serialize_bounded
from understudy.http.routes import RouteFunction, Routes, matched
from understudy.observability import log_unforeseen, logger
from understudy.services import Services, services

MAX_SEGMENT = 512
"""Bytes of one segment of a path. No id is longer, and a key in the table has its limits."""

HEADERS = {"openai-version": "2020-10-01", "x-content-type-options": "nosniff"}
PREFIX = re.compile(r"^(/openai)?(/v1)?(?=/|$)")
"""Clients may have the API at the root, at `/v1`, or at `/openai`, as Azure's clients do."""

_ID = re.compile(r"(?<=/)(?P<kind>thread|run)_[A-Za-z0-9]{1,64}(?=/|$)")
OWNER_NAMES = ("user_id", "purpose")
"""Path parameters that callers choose; `check_owner` says which characters they may have."""

ID_CHARACTERS = r"[^/#\x00-\x1f\x7f]+"
"""What an id may consist of; `#` separates the parts of a key in the table."""


class Resolver(APIGatewayRestResolver):
    """Powertools' resolver, with user ids and purposes in any language."""

    @staticmethod
    def _compile_regex(rule: str, base_regex: str = "") -> re.Pattern[str]:
        """Returns the pattern of a rule such as `/threads/<thread_id>`."""

        def group(name: re.Match[str]) -> str:
            return f"(?P<{name[1]}>{'[^/]+' if name[1] in OWNER_NAMES else ID_CHARACTERS})"

        # Powertools takes the slash from the end of a rule for a REST API, also from "/".
        return re.compile(re.sub(r"<(\w+)>", group, rule or "/") + r"\Z")


def make_app(
    operations: Sequence[Operation], routes: Sequence[Routes], *, idempotent: bool = True
) -> Resolver:
    """Returns a resolver that serves the operations with the route functions.

    POST requests with an `Idempotency-Key` are processed once (`idempotency.py`) unless
    `idempotent` is false.
    """
    app = Resolver(strip_prefixes=[PREFIX])
    public = [each for each in operations if each.public]
    for operation, function in matched(operations, routes):
        rule = operation.path.replace("{", "<").replace("}", ">")
        app.route(rule, operation.method)(_handler(app, operation, function))

    def authenticate(app: Any, next_middleware: Callable[[Any], Any]) -> Any:
        event = app.current_event
        path, method = bare(event.path), event.http_method
        if not any(each.matches(path) and each.method == method for each in public):
            app.append_context(caller=_admitted(app.context["services"], event.headers))
        parts = event.path.encode("utf-8", "replace").split(b"/")
        if any(len(part) > MAX_SEGMENT for part in parts):
            raise NotFoundError("Invalid URL: path segment too long.", code="unknown_url")
        return next_middleware(app)

    def process_once(app: Any, next_middleware: Callable[[Any], Any]) -> Any:
        event = app.current_event
        key = event.headers.get("idempotency-key")
        if key is None or event.http_method != "POST" or not idempotent:
            return next_middleware(app)
        # Here, because it imports boto3, which few requests need.
        from understudy.http.idempotency import answer_once

        return answer_once(app, key, lambda: next_middleware(app))

    def translate_for_version_one(app: Any, next_middleware: Callable[[Any], Any]) -> Any:
        response = next_middleware(app)
        if "assistants=v1" not in (app.current_event.headers.get("openai-beta") or ""):
            return response
        from understudy.http.version_one import translated

        return translated(response)

    def bound_size(app: Any, next_middleware: Callable[[Any], Any]) -> Any:
        response = next_middleware(app)
        if not is_too_large(response.body):
            return response
        from understudy.http.large_responses import linked

        return linked(app.context["services"], app.context["caller"].tenant, response.body)

    app.use([bound_size, authenticate, translate_for_version_one, process_once])

    @app.exception_handler(RequestError)  # type: ignore[untyped-decorator]  # Powertools has no types here
    def reject(error: RequestError) -> Response[str]:
        return request_error(error)

    @app.exception_handler(StorageUnavailableError)  # type: ignore[untyped-decorator]  # Powertools has no types here
    def report_unavailable(error: StorageUnavailableError) -> Response[str]:
        logger.error("store_unavailable", reason=str(error))
        return unavailable()

    @app.not_found
    def unknown(_: Exception) -> Response[str]:
        event = app.current_event
        raise no_route(operations, event.http_method, event.path)

    return app


def _handler(
    app: Any, operation: Operation, function: RouteFunction
) -> Callable[..., Response[Any]]:
    """Returns the function that Powertools calls with the path's parameters."""

    def handle(**parameters: str) -> Response[Any]:
        request = Request(app, operation)
        shown = function(request, **parameters)
        if isinstance(shown, Response):
            return shown
        text = serialize_bounded(shown, from_end=request.is_backwards)
        return Response(200, JSON, text, request.response_headers)

    return handle


def _admitted(chosen: Services, headers: Any) -> Caller:
    """Returns the caller. Raises AuthenticationError, or LimitExceededError above its rate."""
    caller = caller_of(chosen, headers)
    logger.append_keys(tenant=caller.tenant)
    if caller.limits is not None:
        chosen.usage_limits.check_rate(
            caller.key_digest, "requests", caller.limits.requests_per_minute
        )
    return caller


def serve(
    app: Resolver, event: dict[str, Any], context: Any, using: Services | None, **more: Any
) -> dict[str, Any]:
    """Returns the response to an event of the REST API; an unexpected error is a 500.

    `more` is added to the context in which the route functions run.
    """
    begun = time.perf_counter()
    event = normalized(event)
    request_id = event["requestContext"].get("requestId", "")
    logger.clear_state()  # a warm function served another request before
    logger.append_keys(request_id=request_id, **ids_in(event["path"]))
    chosen = using or services()
    headers, origins = event["headers"], chosen.settings.allowed_origins
    done = preflight(event["httpMethod"], headers, origins) or _resolved(
        app, event, context, chosen, more
    )
    spent = str(int((time.perf_counter() - begun) * 1000))
    done.setdefault("headers", {}).update(
        HEADERS
        | cors_headers(headers, origins)
        | {"x-request-id": request_id, "openai-processing-ms": spent}
    )
    return done


def _resolved(
    app: Any, event: dict[str, Any], context: Any, chosen: Services, more: dict[str, Any]
) -> dict[str, Any]:
    app.append_context(services=chosen, **more)
    try:
        done: dict[str, Any] = with_single_headers(app.resolve(event, context))
    except Exception as error:  # noqa: BLE001  no detail of an unexpected error may leave the account
        log_unforeseen(error)
        return as_event(server_error())
    return done


def bare(path: str) -> str:
    """Returns a path without its prefix."""
    return PREFIX.sub("", path) or "/"


def ids_in(path: str) -> dict[str, str]:
    """Returns the thread's and the run's id in a path, by the names that the log has for them."""
    return {found["kind"] + "_id": found[0] for found in _ID.finditer(path)}


def no_route(operations: Sequence[Operation], method: str, path: str) -> RequestError:
    """Returns a 405 if the path has other methods, else a 404."""
    allowed = allowed_methods(operations, bare(path))
    # The method is allowed, so the path has an id with characters that ids do not have.
    if not allowed or method in allowed:
        return NotFoundError(f"Invalid URL ({method} {path})", code="unknown_url")
    return MethodNotAllowedError(
        f"Not allowed to {method} on {path}.", allowed=allowed, code="method_not_supported"
    )
