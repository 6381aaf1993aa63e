"""The routes of the operations that are forwarded to the provider."""

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import Response
from understudy.http.multipart import read_form
from understudy.http.operations.forwarded import OPERATIONS, RESPONSE
from understudy.http.request import Request
from understudy.http.routes import RouteFunction, Routes

from .forward import Forwarder
from .requests import prepared, prepared_form

if TYPE_CHECKING:
    from understudy.adapters.openai.forwarding import ForwardedBody

route = Routes()


def create(request: Request) -> Response[str]:
    """Forwards a JSON body or a form, and streams the provider's response."""
    path = request.operation.path
    kind = request.event.headers.get("content-type") or ""
    form = None
    if request.operation.form is not None and not kind.lower().startswith("application/json"):
        form = (kind, request.raw_body())
        ready = prepared_form(read_form(*form))
    else:
        ready = prepared(path, request.json(), request.services.settings.model_aliases)
    made = _forwarder(request).create(
        request.caller, path, ready, request_id=request.request_id, form=form
    )
    return _streamed(request, made)


def of_response(request: Request, response_id: str) -> Response[str]:
    """Forwards a request for a response that the caller's tenant created."""
    operation = request.operation
    found = _forwarder(request).of_response(
        request.caller,
        operation.method,
        response_id,
        operation.path.removeprefix(RESPONSE),
        request.event.query_string_parameters or {},
    )
    return _streamed(request, found)


def _forwarder(request: Request) -> Forwarder:
    services = request.services
    return Forwarder(
        requests=services.forwarded_requests,
        responses=services.owned_responses,
        limits=services.usage_limits,
        usage=services.usage,
        prices=lambda: services.prices,
        now=services.now,
    )


def _streamed(request: Request, body: "ForwardedBody") -> Response[Any]:
    request.stream(body.pieces)
    headers = dict(body.headers)
    kind = headers.pop("content-type", "application/octet-stream")
    return Response(body.status, kind, "", headers)


for each in OPERATIONS:
    function: RouteFunction = of_response if each.parameters else create
    route(each.id)(function)
