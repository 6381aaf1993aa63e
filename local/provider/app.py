"""The Flask application: routes under `/v1` behind a bearer key, and `/_control` beside them."""

from __future__ import annotations

import logging

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from local.provider import models
from local.provider.chat import routes as chat
from local.provider.control import routes as control
from local.provider.errors import ApiError
from local.provider.exchange import Exchange
from local.provider.files import container_routes, upload_routes
from local.provider.files import routes as files
from local.provider.responses import routes as responses
from local.provider.state import Provider
from local.provider.vector_stores import routes as vector_stores
from local.provider.web import DiskRequest
from local.provider.webhooks import routes as webhooks

_log = logging.getLogger(__name__)
_BLUEPRINTS = (
    responses.routes,
    chat.routes,
    files.routes,
    upload_routes.routes,
    container_routes.routes,
    vector_stores.routes,
    models.routes,
    webhooks.routes,
    webhooks.event_type_routes,
)


def create_app(provider: Provider) -> Flask:
    """The application of one provider."""
    app = Flask(__name__, static_folder=None)
    app.request_class = DiskRequest
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["provider"] = provider
    for blueprint in _BLUEPRINTS:
        app.register_blueprint(blueprint, url_prefix=f"/v1{blueprint.url_prefix or ''}")
    app.register_blueprint(control.routes)
    exchange = Exchange(provider)
    app.before_request(exchange.begin)
    app.after_request(exchange.end)
    app.register_error_handler(ApiError, _refused)
    app.register_error_handler(HTTPException, _not_served)
    app.register_error_handler(Exception, _broken)
    return app


def _refused(error: ApiError) -> Response:
    response = jsonify(error.body())
    response.status_code = error.status
    response.headers.extend(error.headers)
    return response


def _not_served(error: HTTPException) -> Response:
    status = error.code or 500
    message = f"Invalid URL ({request.method} {request.path})"
    if status == 405:
        message = (
            f"Not allowed to {request.method} on {request.path} "
            "(HINT: Perhaps you meant to use a different HTTP method?)"
        )
    return _refused(ApiError(status, message))


def _broken(error: Exception) -> Response:
    _log.error("%s %s", request.method, request.path, exc_info=error)
    message = "The server had an error while processing your request. Sorry about that!"
    return _refused(ApiError(500, message, kind="server_error"))
