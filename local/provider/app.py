"""The Flask application: the API's routes under `/v1`, behind a bearer key."""

import logging

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from local.provider import containers, files, media, models, uploads
from local.provider.chat import completions as chat
from local.provider.errors import ApiError
from local.provider.exchange import Exchange
from local.provider.responses import operations as responses
from local.provider.state import Provider
from local.provider.vector_stores import operations as vector_stores
from local.provider.webhooks import endpoints

_log = logging.getLogger(__name__)
_MODULES = (responses, chat, files, uploads, containers, vector_stores, models, endpoints)


def create_app(provider: Provider) -> Flask:
    """Return the application of one provider."""
    app = Flask(__name__, static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["provider"] = provider
    for routes in (*(module.routes for module in _MODULES), *media.ROUTES):
        app.register_blueprint(routes, url_prefix=f"/v1{routes.url_prefix}")
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
