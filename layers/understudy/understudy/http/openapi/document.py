"""Puts the document together from the table of operations, their shapes and the models."""

from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from understudy.domain.base import Json
from understudy.domain.threads import MAX_OWNER
from understudy.http.openapi.links import LINKS
from understudy.http.openapi.references import JSON, REF, content, ref
from understudy.http.openapi.refusals import (
    PUBLIC,
    REFUSALS,
    Error,
    GatewayError,
    refusal,
    refusals_of,
)
from understudy.http.openapi.shapes import SHAPES, Shape
from understudy.http.operations import OPERATIONS, Operation

VERSION = "2.0.0"
"""Of the API that is served: the Assistants API v2."""
OWNER_PARTS = ("user_id", "purpose")

POLL_AFTER: Json = {
    "openai-poll-after-ms": {
        "description": "Milliseconds after which to ask for the run again.",
        "schema": {"type": "integer"},
    }
}
ABOUT = """The OpenAI Assistants API v2, served from your own AWS account.

Every path is served under `/v1` and at the root. Errors have OpenAI's body shape. A POST may carry
an `Idempotency-Key`: the same request under the same key is answered once within 24 hours."""


@cache
def document() -> Json:
    """The OpenAPI 3.1 document."""
    paths: dict[str, Json] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Understudy", "version": VERSION, "description": ABOUT},
        "servers": [{"url": "/v1"}],
        "security": [{"key": []}],
        "tags": [{"name": tag} for tag in dict.fromkeys(each.tag for each in OPERATIONS)],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "responses": {status: refusal(status) for status in REFUSALS},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def _schemas() -> Json:
    models: set[type[BaseModel]] = {Error, GatewayError}
    for shape in SHAPES.values():
        models |= {each for each in (shape.body, shape.answer) if isinstance(each, type)}
    ordered = sorted(models, key=lambda model: (model.__module__, model.__name__))
    _, made = models_json_schema(
        [(model, "validation") for model in ordered], ref_template=REF + "{model}"
    )
    schemas: Json = made["$defs"]
    return schemas


def _operation(operation: Operation) -> Json:
    shape = SHAPES[operation.id]
    shown: Json = {
        "operationId": operation.id,
        "summary": operation.summary,
        "tags": [operation.tag],
        "responses": {"200": _success(operation, shape), **refusals_of(operation, shape)},
    }
    names = [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]
    parameters = [_path_parameter(name) for name in names] + list(shape.queries)
    if parameters:
        shown["parameters"] = parameters
    if shape.form is not None:
        shown["requestBody"] = content("multipart/form-data", dict(shape.form)) | {"required": True}
    elif shape.body is not None:
        needed = any(field.is_required() for field in shape.body.model_fields.values())
        shown["requestBody"] = content(JSON, ref(shape.body)) | {"required": needed}
    if operation.id in PUBLIC:
        shown["security"] = []
    return shown


def _path_parameter(name: str) -> Json:
    schema: Json = {"type": "string", "minLength": 1}
    if name in OWNER_PARTS:
        schema |= {"maxLength": MAX_OWNER, "pattern": r"^[^\s/\\#\x00-\x20\x7f]+$"}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _success(operation: Operation, shape: Shape) -> Json:
    if isinstance(shape.answer, str):
        schema: Any = {"type": "object"} if shape.answer == JSON else {"type": "string"}
        return {"description": "Done.", **content(shape.answer, schema)}
    shown: Json = {"description": "Done.", **content(JSON, ref(shape.answer))}
    if shape.answer.__name__ == "Run":
        shown["headers"] = POLL_AFTER
    if operation.id in LINKS:
        shown["links"] = LINKS[operation.id]
    return shown
