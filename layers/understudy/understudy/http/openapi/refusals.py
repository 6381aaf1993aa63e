"""What is not a 200: which operation can answer which status, and with what."""

from understudy.domain.base import Json
from understudy.http.openapi.objects import Shown
from understudy.http.openapi.references import JSON, content, ref
from understudy.http.openapi.shapes import Shape
from understudy.http.operations import Operation


class ErrorBody(Shown):
    message: str
    type: str
    param: str | None
    code: str | None


class Error(Shown):
    error: ErrorBody


class GatewayError(Shown):
    """API Gateway's own answer, when a request does not get as far as a function of ours."""

    message: str


PUBLIC = ("getOpenApiDocument", "getDocumentation")
"""These need no key."""
APPROVALS = ("approveToolCall", "refuseToolCall")
SOMETIMES = ("403", "409", "413", "415")
"""Refusals that not every operation knows."""
REFUSALS = {
    "400": "The body, a parameter or the state of the object does not allow this.",
    "401": "No API key, or one that nobody owns.",
    "403": "The key may not approve or refuse tool calls.",
    "404": "There is no such object for this key.",
    "405": "The path is there, the method is not.",
    "409": "The Idempotency-Key is in use, or was used with another request.",
    "413": "The body is too large.",
    "415": "The body has a content type that is not read.",
    "429": "A rate limit or a budget is used up.",
    "500": "The server failed.",
    "503": "The server is overloaded; try again.",
}
OF_THE_GATEWAY = ("413", "429", "500", "503")
"""What API Gateway answers by itself too: an event over 6 MB, its throttle, a function that ends
badly or not in time."""


def refusals_of(operation: Operation, shape: Shape) -> Json:
    """The statuses that the operation can answer with, beside 200."""
    if operation.id in PUBLIC:
        statuses = ["405", "500", "503"]
    else:
        statuses = [status for status in REFUSALS if status not in SOMETIMES]
        if operation.id in APPROVALS:
            statuses.append("403")
        if operation.method == "POST":
            statuses.append("409")
        if shape.body is not None or shape.form is not None:
            statuses += ["413", "415"]
    refusals = {status: {"$ref": f"#/components/responses/{status}"} for status in sorted(statuses)}
    if operation.id == "downloadFile":
        refusals["302"] = {"description": "A large file: it is at the URL in `location`."}
    return refusals


def refusal(status: str) -> Json:
    """The answer with this status."""
    schema = ref(Error)
    if status in OF_THE_GATEWAY:
        schema = {"anyOf": [schema, ref(GatewayError)]}
    return {"description": REFUSALS[status], **content(JSON, schema)}
