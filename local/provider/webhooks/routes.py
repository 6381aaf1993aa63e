"""The HTTP operations on webhook endpoints."""

from __future__ import annotations

from flask import Blueprint, request

from local.provider.checks import Json, page
from local.provider.errors import missing_parameter
from local.provider.state import provider
from local.provider.web import json_body
from local.provider.webhooks.endpoints import EVENT_TYPES

routes = Blueprint("webhook_endpoints", __name__, url_prefix="/webhook_endpoints")
event_type_routes = Blueprint("webhook_event_types", __name__)


@routes.post("")
def create_endpoint() -> Json:
    """Create an endpoint; its secret is shown this once."""
    return provider.endpoints.create(json_body()).with_secret()


@routes.get("")
def list_endpoints() -> Json:
    """List endpoints."""
    return page([endpoint.rendered() for endpoint in provider.endpoints.all()], request.args)


@event_type_routes.get("/webhook_event_types")
def list_event_types() -> Json:
    """List the types of events that endpoints can listen to."""
    return {"object": "list", "data": EVENT_TYPES}


@routes.get("/<endpoint_id>")
def retrieve_endpoint(endpoint_id: str) -> Json:
    """Retrieve an endpoint."""
    return provider.endpoints.get(endpoint_id).rendered()


@routes.post("/<endpoint_id>")
def update_endpoint(endpoint_id: str) -> Json:
    """Change an endpoint."""
    return provider.endpoints.update(endpoint_id, json_body()).rendered()


@routes.delete("/<endpoint_id>")
def delete_endpoint(endpoint_id: str) -> Json:
    """Delete an endpoint."""
    provider.endpoints.delete(endpoint_id)
    return {"id": endpoint_id, "object": "webhook_endpoint.deleted", "deleted": True}


@routes.post("/<endpoint_id>/rotate_secret")
def rotate_secret(endpoint_id: str) -> Json:
    """Give an endpoint a new secret, shown this once."""
    keep_old = bool(json_body().get("keep_old_secret_active_for_24_hours"))
    return provider.endpoints.rotate(endpoint_id, keep_old=keep_old).with_secret()


@routes.post("/<endpoint_id>/test")
def test_endpoint(endpoint_id: str) -> Json:
    """Send a test event and tell what came back."""
    endpoint = provider.endpoints.get(endpoint_id)
    event_type = json_body().get("event_type")
    if not event_type:
        raise missing_parameter("event_type")
    return {
        "object": "webhook_endpoint.test",
        "webhook_endpoint_id": endpoint_id,
        "event_type": event_type,
        "status_code": provider.deliveries.test(endpoint, event_type),
        "success": True,
    }
