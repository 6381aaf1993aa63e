"""Checks of the JSON schemas in requests: a function's parameters, and a response format.

The provider rejects a malformed schema only when a run uses it; these checks reject it at once.
Texts and codes are those of OpenAI's API.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from understudy.domain.assistants import ResponseFormat, SchemaFormat
from understudy.domain.base import Json
from understudy.domain.tools import FunctionTool, Tool
from understudy.errors import InvalidRequestError

MAX_SCHEMA_CHARACTERS: Final = 200_000
"""Characters of one schema as JSON. OpenAI allows strict schemas 120,000 in names and values."""

TYPES: Final = ("array", "boolean", "integer", "null", "number", "object", "string")
KEYWORDS: Final = (
    ("properties", dict, "object"),
    ("$defs", dict, "object"),
    ("definitions", dict, "object"),
    ("required", list, "array"),
    ("enum", list, "array"),
    ("anyOf", list, "array"),
    ("oneOf", list, "array"),
    ("allOf", list, "array"),
    ("description", str, "string"),
    ("$ref", str, "string"),
)
"""Keywords whose value must have a type, with the name of that type."""

Path = tuple[str, ...]
Fault = tuple[Path | None, str]
"""The path of a fault inside the schema, or None where its text needs no path."""


def check_tools(tools: Sequence[Tool] | None) -> None:
    """Raises InvalidRequestError for the first function with a malformed schema."""
    for number, tool in enumerate(tools or ()):
        if isinstance(tool, FunctionTool):
            function = tool.function
            schema = function.parameters or {"type": "object", "properties": {}}
            _check(
                f"function '{function.name}'",
                schema,
                strict=function.strict,
                param=f"tools[{number}].function.parameters",
                code="invalid_function_parameters",
            )


def check_format(response_format: ResponseFormat | None) -> None:
    """Raises InvalidRequestError for a response format without a schema or with a malformed one."""
    if not isinstance(response_format, SchemaFormat):
        return
    wanted, param = response_format.json_schema, "response_format.json_schema.schema"
    if wanted.schema_ is None:
        text = f"Missing required parameter: '{param}'."
        raise InvalidRequestError(text, param=param, code="missing_required_parameter")
    _check(
        f"response_format '{wanted.name}'",
        wanted.schema_,
        strict=bool(wanted.strict),
        param=param,
        code="invalid_value",
    )


def _check(named: str, schema: Json, *, strict: bool, param: str, code: str) -> None:
    length = len(json.dumps(schema, ensure_ascii=False, separators=(",", ":")))
    if length > MAX_SCHEMA_CHARACTERS:
        text = f"the schema has {length} characters; at most {MAX_SCHEMA_CHARACTERS} are allowed."
        raise InvalidRequestError(f"Invalid schema for {named}: {text}", param=param, code=code)
    if schema.get("type") != "object":
        kind = schema.get("type", "None")
        text = f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{kind}\"'."
        raise InvalidRequestError(f"Invalid schema for {named}: {text}", param=param, code=code)
    for path, text in _faults(schema, (), strict=strict):
        where = "" if path is None else f"In context={path}, "
        raise InvalidRequestError(
            f"Invalid schema for {named}: {where}{text}.", param=param, code=code
        )


def _faults(schema: Any, path: Path, *, strict: bool) -> Iterator[Fault]:
    """Yields what is wrong with a schema and the schemas inside it, outermost first."""
    if isinstance(schema, bool):
        return
    if not isinstance(schema, dict):
        yield None, f"{_shown(schema)} is not of type 'object', 'boolean'"
        return
    yield from _faults_of_keywords(schema)
    kinds = schema.get("type", [])
    if "array" in kinds and "items" not in schema and "prefixItems" not in schema:
        yield path, "array schema missing items"
    properties = schema.get("properties", {})
    if strict and ("object" in kinds or properties):
        yield from _faults_of_strict_object(schema, path)
    for name, inner in properties.items():
        yield from _faults(inner, (*path, "properties", name), strict=strict)
    for keyword in ("$defs", "definitions"):
        for name, inner in schema.get(keyword, {}).items():
            yield from _faults(inner, (*path, keyword, name), strict=strict)
    for keyword in ("anyOf", "oneOf", "allOf"):
        for number, inner in enumerate(schema.get(keyword, [])):
            yield from _faults(inner, (*path, keyword, str(number)), strict=strict)
    if "items" in schema:
        yield from _faults(schema["items"], (*path, "items"), strict=strict)
    extra = schema.get("additionalProperties")
    if extra is not None:
        yield from _faults(extra, (*path, "additionalProperties"), strict=strict)


def _faults_of_keywords(schema: Json) -> Iterator[Fault]:
    """Yields what is wrong with the keywords of one schema, as a JSON Schema validator says it."""
    kinds = schema.get("type", [])
    listed = kinds if isinstance(kinds, list) else [kinds]
    if ("type" in schema and not listed) or any(kind not in TYPES for kind in listed):
        yield None, f"{_shown(kinds)} is not valid under any of the given schemas"
    for keyword, kind, name in KEYWORDS:
        if keyword in schema and not isinstance(schema[keyword], kind):
            yield None, f"{_shown(schema[keyword])} is not of type '{name}'"
    for name in schema.get("required", []):
        if not isinstance(name, str):
            yield None, f"{_shown(name)} is not of type 'string'"
    for keyword in ("anyOf", "oneOf", "allOf"):
        if schema.get(keyword) == []:
            yield None, "[] should be non-empty"


def _faults_of_strict_object(schema: Json, path: Path) -> Iterator[Fault]:
    if schema.get("additionalProperties") is not False:
        yield path, "'additionalProperties' is required to be supplied and to be false"
    required = schema.get("required", [])
    missing = [name for name in schema.get("properties", {}) if name not in required]
    if missing:
        yield (
            path,
            "'required' is required to be supplied and to be an array including every key in "
            f"properties. Missing '{missing[0]}'",
        )


def _shown(value: Any) -> str:
    """Returns a value as OpenAI's texts show it, shortened."""
    text = repr(value)
    return text if len(text) <= 100 else text[:100] + "…"
