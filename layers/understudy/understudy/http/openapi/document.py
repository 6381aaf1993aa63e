"""Makes the OpenAPI document from the tables of operations and their models."""

import json
import re
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from understudy.domain.base import Json
from understudy.domain.threads import MAX_OWNER
from understudy.http.app import OWNER_NAMES
from understudy.http.openapi.examples import EXAMPLES
from understudy.http.openapi.links import LINKS
from understudy.http.openapi.parameters import query_parameters
from understudy.http.openapi.references import JSON, REF, content
from understudy.http.openapi.refusals import REFUSALS, Error, GatewayError, refusal, refusals_of
from understudy.http.operations import Operation, conversations, files, forwarded

VERSION = "2.0.0"
"""The version of the Assistants API that is served."""

OPERATIONS = (*conversations.OPERATIONS, *files.OPERATIONS, *forwarded.OPERATIONS)
ADDED = " (not in OpenAI's API)"
EVENT_STREAM = "text/event-stream"
EVENT: Json = {
    "type": "object",
    "description": "One event of the stream; `data` is JSON.",
    "properties": {name: {"type": "string"} for name in ("id", "event", "data")},
    "required": ["event", "data"],
}
POLL_AFTER: Json = {
    "openai-poll-after-ms": {
        "description": "Milliseconds to wait before the run is requested again.",
        "schema": {"type": "integer"},
    }
}
ABOUT = (
    "The OpenAI Assistants API v2, served from your own AWS account.\n\n"
    "Every path is served at the root, under `/v1` and under `/openai`. Errors have OpenAI's body "
    "shape. A POST may carry an `Idempotency-Key`: the same request with the same key is processed "
    "once within 24 hours. A page of a list ends early when its objects are large; `has_more` is "
    "true then."
)


@cache
def document() -> Json:
    """Returns the OpenAPI 3.1 document."""
    refs, schemas = _schemas()
    paths: dict[str, Json] = {}
    for operation in OPERATIONS:
        shown = _operation(operation, refs)
        paths.setdefault(operation.path, {})[operation.method.lower()] = shown
    made = {
        "openapi": "3.1.0",
        "info": {"title": "Understudy", "version": VERSION, "description": ABOUT},
        "servers": [{"url": "/v1"}],
        "security": [{"key": []}, {"api_key": []}],
        "tags": [{"name": tag} for tag in dict.fromkeys(each.tag for each in OPERATIONS)],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {status: refusal(status) for status in REFUSALS},
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer"},
                "api_key": {"type": "apiKey", "in": "header", "name": "api-key"},
            },
        },
    }
    # pydantic calls ListOf[RunObject] `ListOf_RunObject_`.
    named = re.sub(r"\b(ListOf|PlainList)_(\w+?)Object_", r"\2\1", json.dumps(made))
    renamed: Json = json.loads(named.replace("ListOf", "Page").replace("PlainList", "List"))
    return renamed


def _schemas() -> tuple[dict[Any, Json], Json]:
    """Returns the references to the models of all operations, and the schemas they refer to."""
    responses = [each.response for each in OPERATIONS if not isinstance(each.response, str)]
    bodies = [each.body for each in OPERATIONS if each.body is not None]
    models = list(dict.fromkeys([*responses, *bodies, Error, GatewayError]))
    adapters: list[Any] = [(model, "validation", TypeAdapter(model)) for model in models]
    refs, made = TypeAdapter.json_schemas(adapters, ref_template=REF + "{model}")
    schemas: Json = made["$defs"]
    return {model: ref for (model, _), ref in refs.items()}, schemas


def _operation(operation: Operation, refs: dict[Any, Json]) -> Json:
    shown: Json = {
        "operationId": operation.id,
        "summary": operation.summary + (ADDED if operation.added else ""),
        "tags": [operation.tag],
        "responses": {"200": _success(operation, refs), **refusals_of(operation)},
    }
    parameters = [_path_parameter(name) for name in operation.parameters]
    if operation.query is not None:
        parameters += query_parameters(operation.query)
    if parameters:
        shown["parameters"] = parameters
    if operation.form is not None:
        shown["requestBody"] = content("multipart/form-data", operation.form) | {"required": True}
    elif operation.body is not None:
        needed = any(field.is_required() for field in operation.body.model_fields.values())
        body = content(JSON, refs[operation.body]) | {"required": needed}
        body["content"][JSON]["example"] = EXAMPLES[operation.id]
        shown["requestBody"] = body
    if operation.public:
        shown["security"] = []
    return shown


def _path_parameter(name: str) -> Json:
    schema: Json = {"type": "string", "minLength": 1}
    if name in OWNER_NAMES:
        schema |= {"maxLength": MAX_OWNER, "pattern": r"^[^\s/\\#\x00-\x20\x7f]+$"}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _success(operation: Operation, refs: dict[Any, Json]) -> Json:
    if operation.response == EVENT_STREAM:
        return {"description": "Success.", **content(EVENT_STREAM, EVENT)}
    if isinstance(operation.response, str):
        kind = "object" if operation.response == JSON else "string"
        return {"description": "Success.", **content(operation.response, {"type": kind})}
    shown: Json = {"description": "Success.", **content(JSON, refs[operation.response])}
    if operation.streams:
        shown["description"] = "Success. The events of the run, if the body has `stream: true`."
        shown["content"] |= content(EVENT_STREAM, EVENT)["content"]
    if getattr(operation.response, "__name__", "") == "RunObject":
        shown["headers"] = POLL_AFTER
    if operation.id in LINKS:
        shown["links"] = LINKS[operation.id]
    return shown
