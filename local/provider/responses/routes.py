"""The HTTP operations on responses."""

from __future__ import annotations

from flask import Blueprint, request

from local.provider.checks import Json, page
from local.provider.errors import ApiError
from local.provider.responses.request import parse_create
from local.provider.state import provider
from local.provider.web import json_body

routes = Blueprint("responses", __name__)

_SYNCHRONOUS_TIMEOUT = 600.0


@routes.post("/responses")
def create_response() -> Json:
    """Create a response; without `background` the answer comes when it has ended."""
    response = provider.life.start(parse_create(json_body()))
    if not response.request.background and not provider.life.wait(response, _SYNCHRONOUS_TIMEOUT):
        raise ApiError(504, "The request timed out.", kind="server_error")
    return response.rendered()


@routes.get("/responses/<response_id>")
def retrieve_response(response_id: str) -> Json:
    """Retrieve a response as it stands."""
    include = request.args.getlist("include[]") + request.args.getlist("include")
    with provider.changed:
        return provider.responses.get(response_id).rendered(include)


@routes.post("/responses/<response_id>/cancel")
def cancel_response(response_id: str) -> Json:
    """Cancel a background response."""
    return provider.life.cancel(response_id).rendered()


@routes.delete("/responses/<response_id>")
def delete_response(response_id: str) -> Json:
    """Delete a response."""
    provider.responses.delete(response_id)
    return {"id": response_id, "object": "response", "deleted": True}


@routes.get("/responses/<response_id>/input_items")
def list_input_items(response_id: str) -> Json:
    """List what a response was given to read."""
    items = provider.responses.get(response_id).history
    return page(items, request.args)
