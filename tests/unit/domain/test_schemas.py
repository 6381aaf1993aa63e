"""Schemas of functions and of response formats, in the words of OpenAI's errors."""

from typing import Any

import pytest
from pydantic import TypeAdapter
from understudy.domain.assistants import ResponseFormat
from understudy.domain.schemas import MAX_SCHEMA_CHARACTERS, check_format, check_tools
from understudy.domain.tools import FunctionDefinition, FunctionTool
from understudy.errors import InvalidRequestError

OBJECT: dict[str, Any] = {"type": "object", "properties": {}}
NO_MORE: dict[str, Any] = {"additionalProperties": False}
STRICT = "In context={}, 'additionalProperties' is required to be supplied and to be false."
REQUIRED = (
    "In context={}, 'required' is required to be supplied and to be an array including every key "
    "in properties. Missing '{}'."
)
UNKNOWN = "{} is not valid under any of the given schemas."


def function(schema: Any, strict: bool = False) -> FunctionTool:
    made = FunctionDefinition(name="f", parameters=schema, strict=strict)
    return FunctionTool(type="function", function=made)


def prop(schema: Any) -> dict[str, Any]:
    """Returns a schema with one property."""
    return {"type": "object", "properties": {"x": schema}}


def wrong_type(kind: str) -> str:
    return f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{kind}\"'."


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"type": "string"}, wrong_type("string")),
        ({"type": "array", "items": {}}, wrong_type("array")),
        ({"properties": {}}, wrong_type("None")),
        ({"type": ["object", "null"]}, wrong_type("['object', 'null']")),
        (prop({"type": "strin"}), UNKNOWN.format("'strin'")),
        (prop({"type": ["string", 5]}), UNKNOWN.format("['string', 5]")),
        (prop({"type": []}), UNKNOWN.format("[]")),
        (prop({"type": {}}), UNKNOWN.format("{}")),
        (prop("string"), "'string' is not of type 'object', 'boolean'."),
        (prop(None), "None is not of type 'object', 'boolean'."),
        ({"type": "object", "properties": ["x"]}, "['x'] is not of type 'object'."),
        (OBJECT | {"required": True}, "True is not of type 'array'."),
        (OBJECT | {"required": [5]}, "5 is not of type 'string'."),
        (prop({"enum": "a"}), "'a' is not of type 'array'."),
        (prop({"description": 5}), "5 is not of type 'string'."),
        (prop({"anyOf": []}), "[] should be non-empty."),
        (prop({"anyOf": [{"type": "x"}]}), UNKNOWN.format("'x'")),
        (OBJECT | {"$defs": {"d": {"type": "x"}}}, UNKNOWN.format("'x'")),
        (OBJECT | {"additionalProperties": 5}, "5 is not of type 'object', 'boolean'."),
        (
            prop({"type": "array"}),
            "In context=('properties', 'x'), array schema missing items.",
        ),
        (
            prop({"type": "array", "items": {"type": "array"}}),
            "In context=('properties', 'x', 'items'), array schema missing items.",
        ),
    ],
)
def test_malformed_schema_is_rejected(schema: Any, text: str) -> None:
    """The provider would reject it when a run uses it."""
    with pytest.raises(InvalidRequestError) as caught:
        check_tools([function(OBJECT), function(schema)])

    assert caught.value.message == f"Invalid schema for function 'f': {text}"
    assert caught.value.param == "tools[1].function.parameters"
    assert caught.value.code == "invalid_function_parameters"


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        (None, STRICT.format("()")),
        (OBJECT, STRICT.format("()")),
        (prop({"type": "string"}) | NO_MORE, REQUIRED.format("()", "x")),
        (
            prop({"type": "object", "properties": {}}) | NO_MORE | {"required": ["x"]},
            STRICT.format("('properties', 'x')"),
        ),
    ],
)
def test_strict_schema_has_more_rules(schema: Any, text: str) -> None:
    """Without parameters it has no `additionalProperties` either."""
    with pytest.raises(InvalidRequestError) as caught:
        check_tools([function(schema, strict=True)])

    assert caught.value.message == f"Invalid schema for function 'f': {text}"


@pytest.mark.parametrize(
    ("schema", "strict"),
    [
        (None, False),
        ({}, False),
        ({"type": "object"}, False),
        (OBJECT | NO_MORE, True),
        (prop({"type": ["string", "null"]}) | NO_MORE | {"required": ["x"]}, True),
        (
            prop({"anyOf": [{"type": "string"}, {"$ref": "#/$defs/d"}]}) | {"$defs": {"d": {}}},
            False,
        ),
        (prop({"type": "array", "prefixItems": [{}]}), False),
        (prop(True), False),
        (prop({"type": "integer", "minimum": 1, "x-unknown": {"a": 1}}), False),
        (prop({"properties": {"type": {"type": "string"}}}), False),
    ],
)
def test_valid_schema_is_accepted(schema: Any, strict: bool) -> None:
    check_tools([function(schema, strict=strict)])


def test_schema_size_is_limited() -> None:
    """Every run would send it to the provider."""
    large = prop({"enum": ["x" * 100] * (MAX_SCHEMA_CHARACTERS // 100)})

    with pytest.raises(
        InvalidRequestError, match="Invalid schema for function 'f': the schema has"
    ):
        check_tools([function(large)])


def shown_format(schema: Any, **more: Any) -> ResponseFormat:
    wanted = {"name": "r", **({} if schema is None else {"schema": schema}), **more}
    made: ResponseFormat = TypeAdapter(ResponseFormat).validate_python(
        {"type": "json_schema", "json_schema": wanted}
    )
    return made


@pytest.mark.parametrize(
    ("schema", "strict", "text"),
    [
        ({"type": "string"}, False, wrong_type("string")),
        (OBJECT, True, STRICT.format("()")),
        (prop({"type": "x"}), False, UNKNOWN.format("'x'")),
    ],
)
def test_schema_of_response_format_is_checked(schema: Any, strict: bool, text: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        check_format(shown_format(schema, strict=strict))

    assert caught.value.message == f"Invalid schema for response_format 'r': {text}"
    assert caught.value.param == "response_format.json_schema.schema"


def test_response_format_needs_a_schema() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        check_format(shown_format(None))

    assert caught.value.code == "missing_required_parameter"


@pytest.mark.parametrize("given", ["auto", None])
def test_other_formats_have_no_schema(given: Any) -> None:
    check_format(given)
