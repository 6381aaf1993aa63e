"""Around every request: the API key, scripted faults, standard headers, the ledger."""

import threading
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
_CODES = {401: "invalid_api_key", 429: "rate_limit_exceeded"}
_HTML = b"<html><head><title>502 Bad Gateway</title></head><body>cloudflare</body></html>"


class Exchange:
    """Hooks before and after the views."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def begin(self) -> Response | None:
        """Check the key and take the next fault; returns a response if the view is not to run."""
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
        response.headers["x-request-id"] = hex_id("req", 32)
        status = 0 if dropped else response.status_code
        self._provider.ledger.request(request.method, request.path, status, g.body)
        return response

    def _check_key(self) -> None:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key:
            raise ApiError(401, _NO_KEY)
        if key != self._provider.key:
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
        kind = "invalid_request_error" if fault.status < 500 else "server_error"
        error = {"message": "A scripted fault.", "type": kind, "param": None}
        response = jsonify({"error": {**error, "code": _CODES.get(fault.status), **fault.error}})
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
