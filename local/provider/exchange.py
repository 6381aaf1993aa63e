"""Around every request: the API key, scripted faults, standard headers, the ledger."""

import json
import threading
import time
from collections.abc import Iterator

from flask import Response, g, jsonify, request

from local.provider.errors import ApiError
from local.provider.ids import hex_id
from local.provider.scripts import Fault
from local.provider.state import Provider

_NO_KEY = (
    "You didn't provide an API key. You need to provide your API key in an Authorization header "
    "using Bearer auth (i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank "
    "username) if you're accessing the API from your browser and are prompted for a username and "
    "password. You can obtain an API key from https://platform.openai.com/account/api-keys."
)
_INVALID = "invalid_request_error"
_FAULT_TYPES = {
    400: (_INVALID, None, "Invalid request."),
    401: (_INVALID, "invalid_api_key", "Incorrect API key provided."),
    403: (_INVALID, "unsupported_country_region_territory", "Country not supported"),
    404: (_INVALID, None, "Not found."),
    409: (_INVALID, None, "The resource was changed by another request."),
    429: ("requests", "rate_limit_exceeded", "Rate limit reached for requests."),
    503: ("server_error", None, "The engine is currently overloaded, please try again later."),
}
_SERVER_ERROR = (
    "server_error",
    None,
    "The server had an error while processing your request. Sorry about that!",
)
_HTML = b"<html><head><title>502 Bad Gateway</title></head><body>cloudflare</body></html>"


class Exchange:
    """Hooks before and after the views."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def begin(self) -> Response | None:
        """Check the key and take the next fault; returns a response if the view is not to run."""
        g.started = time.monotonic()
        g.body = _text_body()
        g.fault = fault = self._provider.scripts.fault(request.method, request.path, g.body)
        if fault is not None and fault.delay_seconds:
            threading.Event().wait(fault.delay_seconds)
        if fault is not None and fault.comes_first:
            return jsonify({})
        self._check_key()
        return None

    def end(self, response: Response) -> Response:
        """Apply the fault, add the headers that every response has, and record the request."""
        fault: Fault | None = g.get("fault")
        dropped = fault is not None and fault.drop is not None
        if fault is not None:
            response = _spoilt(response, fault)
        seconds = time.monotonic() - g.started
        response.headers["x-request-id"] = hex_id("req", 32)
        response.headers["openai-processing-ms"] = str(round(seconds * 1000))
        response.headers["openai-version"] = "2020-10-01"
        limit = self._provider.options.limits.body_bytes
        body = g.body if len(g.body) <= limit else json.dumps({"truncated": g.body[: limit // 2]})
        self._provider.ledger.request(
            request.method,
            request.path,
            request.query_string.decode(),
            0 if dropped else response.status_code,
            seconds,
            body,
        )
        return response

    def _check_key(self) -> None:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key:
            raise ApiError(401, _NO_KEY)
        if key not in self._provider.options.keys:
            shown = key if len(key) < 12 else f"{key[:8]}{'*' * 8}{key[-4:]}"
            message = (
                f"Incorrect API key provided: {shown}. You can find your API key at "
                "https://platform.openai.com/account/api-keys."
            )
            raise ApiError(401, message, code="invalid_api_key")


def _text_body() -> str:
    if request.mimetype != "application/json":
        return ""
    return request.get_data(cache=True).decode("utf-8", errors="replace")


def _spoilt(response: Response, fault: Fault) -> Response:
    if fault.drop is not None:
        request.environ["http.drop"] = True
        return response
    if fault.malformed is not None:
        return _malformed(response, fault)
    if fault.status is not None:
        kind, code, message = _FAULT_TYPES.get(fault.status, _SERVER_ERROR)
        body = {"message": message, "type": kind, "param": None, "code": code, **fault.error}
        response = jsonify({"error": body})
        response.status_code = fault.status
    response.headers.extend(dict(fault.headers))
    return response


def _malformed(response: Response, fault: Fault) -> Response:
    whole = response.get_data() if not response.direct_passthrough else b"{}"
    spoilt = {"json": b'{"id": "resp_', "html": _HTML}.get(fault.malformed or "", b"")
    kind = "text/html" if fault.malformed == "html" else "application/json"
    made = Response(spoilt, status=fault.status or 200, mimetype=kind)
    if fault.malformed == "truncated":
        made.response = _cut_off(whole)
        made.headers["Content-Length"] = str(len(whole))
    made.headers.extend(dict(fault.headers))
    return made


def _cut_off(whole: bytes) -> Iterator[bytes]:
    yield whole[: max(1, len(whole) // 2)]
    raise ConnectionResetError("scripted")  # the server closes the connection
