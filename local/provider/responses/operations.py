"""The HTTP operations on responses."""

from typing import TYPE_CHECKING

from flask import Response, request

from local.provider.checks import Json
from local.provider.responses.events import frame, with_fault
from local.provider.responses.record import StoredResponse
from local.provider.responses.request import parse_create
from local.provider.web import operations

if TYPE_CHECKING:
    from local.provider.state import Provider


def _create(provider: "Provider", body: Json) -> StoredResponse | Response:
    """Create a response.

    With `stream` its events are the body. Otherwise a background response returns as it is now, and
    a synchronous one when it has ended.
    """
    response = provider.life.start(parse_create(body))
    if response.request.streamed:
        return _stream(provider, response)
    return response


def _retrieve(provider: "Provider", response_id: str) -> Json | Response:
    """Retrieve a response as it is now, or its stream after the event `starting_after`."""
    response = provider.responses.get(response_id)
    if request.args.get("stream") == "true":
        provider.life.check_streamable(response)
        return _stream(provider, response, request.args.get("starting_after", -1, int))
    include = request.args.getlist("include[]") + request.args.getlist("include")
    with provider.changed:
        return response.rendered(include)


def _input_items(provider: "Provider", response_id: str) -> list[Json]:
    """Return what a response was asked, in the order in which it was sent."""
    items = provider.responses.get(response_id).request.items
    return [{"id": f"msg_{number}", **item} for number, item in enumerate(items)]


def _stream(provider: "Provider", response: StoredResponse, after: int = -1) -> Response:
    fault = response.answer.stream
    if fault is not None and fault.reader != response.readers:
        fault = None
    response.readers += 1
    frames = ((number, frame(event)) for number, event in provider.life.follow(response, after))
    return Response(with_fault(frames, fault), mimetype="text/event-stream")


routes = operations(
    "/responses",
    lambda provider: provider,
    {
        "POST ": (_create, {}),
        "GET /<response_id>": _retrieve,
        "GET /<response_id>/input_items": _input_items,
        "DELETE /<response_id>": lambda provider, response_id: provider.responses.delete(
            response_id
        ),
        "POST /<response_id>/cancel": lambda provider, response_id: provider.life.cancel(
            response_id
        ),
    },
)
