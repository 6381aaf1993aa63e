"""The error responses, and the operations that return them."""

from typing import Final

from typing_extensions import TypedDict

from understudy.domain.base import Json
from understudy.http.openapi.references import JSON, content, ref
from understudy.http.operations import Operation


class ErrorBody(TypedDict):
    message: str
    type: str
    param: str | None
    code: str | None


class Error(TypedDict):
    error: ErrorBody


class GatewayError(TypedDict):
    """API Gateway's own response, when a request reaches no function."""

    message: str


SOMETIMES: Final = ("403", "409", "413", "415")
"""Statuses that not every operation has."""

REFUSALS: Final = {
    "303": "The response is too large to be returned; it is at the URL in `location`.",
    "400": "The body, a parameter or the state of the object does not allow this.",
    "401": "No API key, or an unknown one.",
    "403": "The key may not approve or refuse tool calls.",
    "404": "There is no such object for this key.",
    "405": "The path exists, but not with this method.",
    "409": "The Idempotency-Key is in use, or was used with another request.",
    "413": "The body is too large.",
    "415": "The content type of the body is not supported.",
    "429": "A rate limit or a budget is used up, or the queue of a thread is full.",
    "500": "The server failed.",
    "503": "The server or the model provider is temporarily unavailable.",
}
OF_THE_GATEWAY: Final = ("413", "429", "500", "503")
"""Statuses that API Gateway also responds with: for an event over 6 MB, above its own limits, and
when a function fails or takes too long."""


def refusals_of(operation: Operation) -> Json:
    """Returns the responses of an operation beside 200."""
    if operation.public:
        statuses = ["405", "500", "503"] + (["404"] if operation.parameters else [])
    else:
        statuses = [status for status in REFUSALS if status not in SOMETIMES]
        if operation.method == "POST":
            statuses.append("409")
        if operation.body is not None or operation.form is not None:
            statuses += ["413", "415"]
        statuses += [status for status in operation.refusals if status in REFUSALS]
    refusals = {status: {"$ref": f"#/components/responses/{status}"} for status in sorted(statuses)}
    if "302" in operation.refusals:
        refusals["302"] = {"description": "A large file; it is at the URL in `location`."}
    return refusals


def refusal(status: str) -> Json:
    """Returns the response with this status."""
    schema = ref("Error")
    if status in OF_THE_GATEWAY:
        schema = {"anyOf": [schema, ref("GatewayError")]}
    return {"description": REFUSALS[status], **content(JSON, schema)}
