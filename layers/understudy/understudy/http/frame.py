"""One request from event to answer: key, body, route, errors. The routes do the rest."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from understudy.actions.start_run import Caller
from understudy.bootstrap import Services, services
from understudy.domain.lists import PageRequest
from understudy.errors import (
    AuthenticationError,
    InvalidRequestError,
    LimitExceededError,
    MethodNotAllowedError,
    NotFoundError,
    RequestError,
    StoreUnavailableError,
    TooLargeError,
    UnsupportedMediaError,
)
from understudy.http.keys import caller_of
from understudy.http.strict_json import read_object
from understudy.http.validation import Model, parse
from understudy.observability import logger

MAX_BODY = 4 * 1024 * 1024
"""Bytes of a JSON body; Lambda takes 6 MB of event."""

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
HEADERS = {"openai-version": "2020-10-01", "x-content-type-options": "nosniff"}

Answer = tuple[dict[str, Any], int] | tuple[dict[str, Any], int, dict[str, str]] | dict[str, Any]


def make_app(routers: Sequence[Router], public: Sequence[str] = ()) -> APIGatewayHttpResolver:
    """A resolver with the routes, under `/v1` and at the root; `public` paths need no key."""
    app = APIGatewayHttpResolver(strip_prefixes=["/v1"], serializer=_serialize)
    for router in routers:
        app.include_router(router)

    def authenticate(app: Any, next_middleware: Callable[[Any], Any]) -> Any:
        path = app.current_event.path.removeprefix("/v1")
        if path not in public:
            header = app.current_event.headers.get("authorization")
            app.append_context(caller=caller_of(app.context["services"], header))
        return next_middleware(app)

    app.use([authenticate])

    @app.exception_handler(RequestError)  # type: ignore[untyped-decorator]
    def refused(error: RequestError) -> Response[str]:
        return _error(error)

    @app.exception_handler(StoreUnavailableError)  # type: ignore[untyped-decorator]
    def unavailable(error: StoreUnavailableError) -> Response[str]:
        logger.error("store_unavailable", reason=str(error))
        return _unavailable()

    @app.not_found
    def unknown(_: Exception) -> Response[str]:
        event = app.current_event
        caller_of(app.context["services"], event.headers.get("authorization"))
        return _error(no_route(app, event.http_method, event.path))

    return app


def serve(
    app: APIGatewayHttpResolver, event: dict[str, Any], context: Any, using: Services | None
) -> dict[str, Any]:
    """Answers one event of the HTTP API. Whatever is not foreseen is a 500 without details."""
    request_id = event.get("requestContext", {}).get("requestId", "")
    logger.append_keys(request_id=request_id)
    app.append_context(services=using or services())
    try:
        answer = app.resolve(event, context)
    except RequestError as error:  # raised where no exception handler is in force yet
        answer = _as_event(_error(error))
    except Exception as error:  # noqa: BLE001  the last line: nothing of what happened may leave the account
        logger.exception("unforeseen", error=type(error).__name__)
        answer = _as_event(_server_error())
    answer.setdefault("headers", {}).update(HEADERS | {"x-request-id": request_id})
    return answer


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
        if not kind.startswith("application/json"):
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

    def body(self, model: type[Model]) -> Model:
        """The body as a model."""
        return parse(model, self.json())

    def query(self, name: str) -> str | None:
        """A query parameter."""
        value: str | None = (self._event.query_string_parameters or {}).get(name)
        return value

    def page(self) -> PageRequest:
        """The part of a list that is asked for."""
        given = {name: self.query(name) for name in PageRequest.model_fields}
        return parse(PageRequest, {name: value for name, value in given.items() if value})


def answer(
    body: Mapping[str, Any], headers: Mapping[str, str] | None = None, status: int = 200
) -> Response[str]:
    """A JSON answer."""
    return Response(
        status_code=status,
        content_type="application/json",
        body=_serialize(body),
        headers=dict(headers or {}),
    )


def no_route(app: Any, method: str, path: str) -> RequestError:
    """405 where another method would be served, 404 where none is."""
    routes = [*app._static_routes, *app._dynamic_routes]
    bare = path.removeprefix("/v1")
    allowed = sorted({route.method for route in routes if route.rule.match(bare)})
    if allowed:
        text = f"Not allowed to {method} on {path}. Allowed: {', '.join(allowed)}."
        return MethodNotAllowedError(text, code="method_not_supported")
    return NotFoundError(f"Invalid URL ({method} {path})", code="unknown_url")


def _serialize(body: Any) -> str:
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False)


def _error(error: RequestError) -> Response[str]:
    known = {"message": error.message, "type": error.type, "param": error.param, "code": error.code}
    headers = {}
    if isinstance(error, LimitExceededError) and error.retry_after is not None:
        headers["retry-after"] = str(error.retry_after)
    if isinstance(error, MethodNotAllowedError):
        headers["allow"] = error.message.rpartition("Allowed: ")[2].rstrip(".")
    if isinstance(error, AuthenticationError):
        headers["www-authenticate"] = "Bearer"
    return answer({"error": known}, headers, error.status)


def _unavailable() -> Response[str]:
    known = {
        "message": "The service is overloaded; try again shortly.",
        "type": "server_error",
        "param": None,
        "code": "unavailable",
    }
    return answer({"error": known}, {"retry-after": "1"}, 503)


def _server_error() -> Response[str]:
    known = {
        "message": "The server had an error while processing your request.",
        "type": "server_error",
        "param": None,
        "code": None,
    }
    return answer({"error": known}, status=500)


def _as_event(response: Response[str]) -> dict[str, Any]:
    headers = {name: str(value) for name, value in (response.headers or {}).items()}
    headers["content-type"] = "application/json"
    return {"statusCode": response.status_code, "headers": headers, "body": response.body}
