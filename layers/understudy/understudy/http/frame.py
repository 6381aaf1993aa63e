"""One request from event to answer: key, body, route, errors. The routes do the rest."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from understudy.domain.callers import Caller
from understudy.domain.lists import PageRequest
from understudy.errors import (
    InvalidRequestError,
    MethodNotAllowedError,
    NotFoundError,
    RequestError,
    StorageUnavailableError,
    TooLargeError,
    UnsupportedMediaError,
)
from understudy.http.answers import answer, as_event, refused, serialize, server_error, unavailable
from understudy.http.keys import caller_of
from understudy.http.operations import allowed_methods
from understudy.http.strict_json import read_object
from understudy.http.validation import Model, parse
from understudy.observability import log_unforeseen, logger
from understudy.services import Services, services

Page = TypeVar("Page", bound=PageRequest)

__all__ = ["Request", "answer", "make_app", "serve"]

MAX_BODY = 4 * 1024 * 1024
"""Bytes of a JSON body; Lambda takes 6 MB of event."""

MAX_SEGMENT = 512
"""Bytes of one part of a path. No id is longer, and a key in the table has its limits."""

_ID = re.compile(r"(?<=/)(?P<kind>thread|run)_[A-Za-z0-9]{1,64}(?=/|$)")

HEADERS = {"openai-version": "2020-10-01", "x-content-type-options": "nosniff"}
PREFIX = "/v1"


def make_app(routers: Sequence[Router], public: Sequence[str] = ()) -> APIGatewayHttpResolver:
    """A resolver with the routes, under `/v1` and at the root; `public` paths need no key.

    POST requests with an `Idempotency-Key` are answered once; see `idempotency.py`.
    """
    app = APIGatewayHttpResolver(strip_prefixes=[PREFIX], serializer=serialize)
    for router in routers:
        app.include_router(router)

    def authenticate(app: Any, next_middleware: Callable[[Any], Any]) -> Any:
        event = app.current_event
        if bare(event.path) not in public or event.http_method != "GET":
            header = event.headers.get("authorization")
            app.append_context(caller=_admitted(app.context["services"], header))
        parts = event.path.encode("utf-8", "replace").split(b"/")
        if any(len(part) > MAX_SEGMENT for part in parts):
            raise NotFoundError("Invalid URL: a part of it is too long.", code="unknown_url")
        return next_middleware(app)

    def once(app: Any, next_middleware: Callable[[Any], Any]) -> Any:
        event = app.current_event
        key = event.headers.get("idempotency-key")
        if key is None or event.http_method != "POST":
            return next_middleware(app)
        # Here, because it imports boto3, which few requests need.
        from understudy.http.idempotency import answer_once

        return answer_once(app, key, lambda: next_middleware(app))

    def in_words_of_version_one(app: Any, next_middleware: Callable[[Any], Any]) -> Any:
        response = next_middleware(app)
        if "assistants=v1" not in (app.current_event.headers.get("openai-beta") or ""):
            return response
        from understudy.http.version_one import translated

        return translated(response)

    app.use([authenticate, in_words_of_version_one, once])

    @app.exception_handler(RequestError)  # type: ignore[untyped-decorator]  # Powertools has no types here
    def refuse(error: RequestError) -> Response[str]:
        return refused(error)

    @app.exception_handler(StorageUnavailableError)  # type: ignore[untyped-decorator]  # Powertools has no types here
    def put_off(error: StorageUnavailableError) -> Response[str]:
        logger.error("store_unavailable", reason=str(error))
        return unavailable()

    @app.not_found
    def unknown(_: Exception) -> Response[str]:
        raise no_route(app.current_event.http_method, app.current_event.path)

    return app


def _admitted(chosen: Services, header: str | None) -> Caller:
    """The caller, unless its key is used too often. Raises the errors of both."""
    caller = caller_of(chosen, header)
    logger.append_keys(tenant=caller.tenant)
    if caller.limits is not None:
        chosen.usage_limits.check_rate(
            caller.key_digest, "requests", caller.limits.requests_per_minute
        )
    return caller


def serve(
    app: APIGatewayHttpResolver, event: dict[str, Any], context: Any, using: Services | None
) -> dict[str, Any]:
    """Answers one event of the HTTP API. Whatever is not foreseen is a 500 without details."""
    begun = time.perf_counter()
    request_id = event.get("requestContext", {}).get("requestId", "")
    logger.clear_state()  # a warm sandbox served somebody else before
    logger.append_keys(request_id=request_id, **ids_in(event.get("rawPath", "")))
    app.append_context(services=using or services())
    try:
        done = app.resolve(event, context)
    except Exception as error:  # noqa: BLE001  the last line: nothing of what happened may leave the account
        log_unforeseen(error)
        done = as_event(server_error())
    spent = str(int((time.perf_counter() - begun) * 1000))
    done.setdefault("headers", {}).update(
        HEADERS | {"x-request-id": request_id, "openai-processing-ms": spent}
    )
    return done


class Request:
    """What a route needs of the request that it serves."""

    def __init__(self, router: Any) -> None:
        self._event = router.current_event
        self.services: Services = router.context["services"]
        self.caller: Caller = router.context["caller"]

    @property
    def tenant(self) -> str:
        return self.caller.tenant

    def json(self) -> dict[str, Any]:
        """The body as an object.

        Raises TooLargeError, UnsupportedMediaError or InvalidRequestError.
        """
        kind = (self._event.headers.get("content-type") or "application/json").lower()
        if kind.partition(";")[0].strip() != "application/json":
            raise UnsupportedMediaError(
                f"Unsupported content type: '{kind[:80]}'. This API takes 'application/json'.",
                code="unsupported_content_type",
            )
        try:
            text = self._event.decoded_body or ""
        except ValueError as error:
            raise InvalidRequestError("The body is not UTF-8.") from error
        if len(text.encode("utf-8", "surrogatepass")) > MAX_BODY:
            raise TooLargeError(f"The body is larger than {MAX_BODY} bytes.")
        return read_object(text)

    def body(self, model: type[Model], defaults: Mapping[str, Any] | None = None) -> Model:
        """The body as a model, with `defaults` for what is not in it."""
        return parse(model, {**(defaults or {}), **self.json()})

    def query(self, name: str) -> str | None:
        """A query parameter."""
        value: str | None = self.queries().get(name)
        return value

    def queries(self) -> Mapping[str, str]:
        """All query parameters."""
        given: Mapping[str, str] = self._event.query_string_parameters or {}
        return given

    def page(self) -> PageRequest:
        """The part of a list that is asked for."""
        return self.page_as(PageRequest)

    def page_as(self, model: type[Page]) -> Page:
        """The same for a list that can be asked for more: each field of the model is a parameter.

        An empty id or word asks for nothing. Raises InvalidRequestError.
        """
        given = {name: self.query(name) for name in model.model_fields}
        empty = {name for name in given.keys() - {"limit", "order"} if given[name] == ""}
        wanted = {k: v for k, v in given.items() if v is not None and k not in empty}
        return parse(model, wanted, strict=False)


def bare(path: str) -> str:
    """A path without `/v1`."""
    return path.removeprefix(PREFIX) if path.startswith(PREFIX + "/") else path


def ids_in(path: str) -> dict[str, str]:
    """The thread and the run that a path names; what is no id of ours is not taken for one."""
    return {found["kind"] + "_id": found[0] for found in _ID.finditer(path)}


def no_route(method: str, path: str) -> RequestError:
    """405 where another method would be served, 404 where none is."""
    allowed = allowed_methods(bare(path))
    # A method that is allowed comes here with an id of characters that no id has.
    if not allowed or method in allowed:
        return NotFoundError(f"Invalid URL ({method} {path})", code="unknown_url")
    return MethodNotAllowedError(
        f"Not allowed to {method} on {path}.", allowed=allowed, code="method_not_supported"
    )
