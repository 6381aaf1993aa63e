"""The HTTP operations on responses."""

import select
import socket
from collections.abc import Iterator
from functools import partial

from flask import Blueprint, Response, request

from local.provider.checks import Json, page
from local.provider.errors import ApiError, invalid_type
from local.provider.responses.events import encoded
from local.provider.responses.record import StoredResponse
from local.provider.responses.request import parse_create
from local.provider.web import json_object, provider

routes = Blueprint("responses", __name__, url_prefix="/responses")

_SYNCHRONOUS_TIMEOUT = 600.0


@routes.post("")
def create_response() -> Json | Response:
    """Create a response.

    With `stream` its events are the body. Otherwise a background response returns as it is now, and
    a synchronous one when it has ended.
    """
    response = provider.life.start(parse_create(json_object()))
    if response.request.streamed:
        return _stream(response, after=-1)
    if not response.request.background and not provider.life.wait(response, _SYNCHRONOUS_TIMEOUT):
        raise ApiError(504, "The request timed out.", kind="server_error")
    return response.rendered()


@routes.get("/<response_id>")
def retrieve_response(response_id: str) -> Json | Response:
    """Retrieve a response as it is now, or its stream after the event `starting_after`."""
    include = request.args.getlist("include[]") + request.args.getlist("include")
    response = provider.responses.get(response_id)
    if request.args.get("stream", "").lower() == "true":
        provider.life.check_streamable(response)
        after = request.args.get("starting_after", "-1")
        if not after.lstrip("-").isdigit():
            raise invalid_type("starting_after", "an integer", after)
        return _stream(response, int(after))
    with provider.changed:
        return response.rendered(include)


@routes.post("/<response_id>/cancel")
def cancel_response(response_id: str) -> Json:
    """Cancel a background response."""
    return provider.life.cancel(response_id).rendered()


@routes.delete("/<response_id>")
def delete_response(response_id: str) -> Json:
    """Delete a response."""
    provider.responses.delete(response_id)
    return {"id": response_id, "object": "response", "deleted": True}


@routes.get("/<response_id>/input_items")
def list_input_items(response_id: str) -> Json:
    """List the items that a response was given."""
    return page(provider.responses.get(response_id).history, request.args)


def _stream(response: StoredResponse, after: int) -> Response:
    life, connection = provider.life, request.environ["werkzeug.socket"]
    fault = response.answer.stream
    if fault is not None and fault.reader != response.readers:
        fault = None
    response.readers += 1
    frames = encoded(life.follow(response, after, partial(_disconnected, connection)), fault)

    def body() -> Iterator[bytes]:
        try:
            yield from frames
        finally:  # closing a synchronous stream ends its generation, as at OpenAI
            if not response.request.background:
                life.abandon(response)

    return Response(body(), mimetype="text/event-stream")


def _disconnected(connection: socket.socket) -> bool:
    readable, _, _ = select.select([connection], [], [], 0)
    return bool(readable) and connection.recv(1, socket.MSG_PEEK) == b""
