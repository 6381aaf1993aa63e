"""Validation errors of request bodies, with OpenAI's texts."""

from typing import Any

import pytest
from understudy.domain.assistants import NewAssistant
from understudy.domain.messages import NewMessage
from understudy.domain.new_runs import NewRun
from understudy.errors import InvalidRequestError
from understudy.http.validation import Model, parse

CASES: list[tuple[type[Any], dict[str, Any], str, str, str]] = [
    (
        NewAssistant,
        {},
        "model",
        "missing_required_parameter",
        "Missing required parameter: 'model'.",
    ),
    (
        NewAssistant,
        {"model": 5},
        "model",
        "invalid_type",
        "Invalid type for 'model': expected a string, but got an integer instead.",
    ),
    (NewAssistant, {"model": "m", "x": 1}, "x", "unknown_parameter", "Unknown parameter: 'x'."),
    (
        NewAssistant,
        {"model": "m", "temperature": 3},
        "temperature",
        "decimal_above_max_value",
        "Invalid 'temperature': decimal above maximum value. "
        "Expected a value <= 2, but got 3 instead.",
    ),
    (
        NewAssistant,
        {"model": "m", "temperature": "1"},
        "temperature",
        "invalid_type",
        "Invalid type for 'temperature': expected a decimal number, but got a string instead.",
    ),
    (
        NewAssistant,
        {"model": "m", "name": "x" * 257},
        "name",
        "string_above_max_length",
        "Invalid 'name': string too long. Expected a string with maximum length 256, "
        "but got a string with length 257 instead.",
    ),
    (
        NewAssistant,
        {"model": "m", "metadata": {str(number): "" for number in range(17)}},
        "metadata",
        "object_above_max_properties",
        "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, "
        "but got an object with 17 properties instead.",
    ),
    (
        NewAssistant,
        {"model": "m", "metadata": {"Customer": 5}},
        "metadata.Customer",
        "invalid_type",
        "Invalid type for 'metadata.Customer': expected a string, but got an integer instead.",
    ),
    (
        NewAssistant,
        {"model": "m", "tools": [{"type": "function", "function": {}}]},
        "tools[0].function.name",
        "missing_required_parameter",
        "Missing required parameter: 'tools[0].function.name'.",
    ),
    (
        NewAssistant,
        {"model": "m", "tools": [{}]},
        "tools[0].type",
        "missing_required_parameter",
        "Missing required parameter: 'tools[0].type'.",
    ),
    (
        NewMessage,
        {"role": "system", "content": "x"},
        "role",
        "invalid_value",
        "Invalid value: 'system'. Supported values are: 'user', 'assistant'.",
    ),
    (
        NewMessage,
        {"role": "user", "content": [{"type": "video"}]},
        "content[0].type",
        "invalid_value",
        "Invalid value: 'video'. Supported values are: 'text', 'image_file', 'image_url'.",
    ),
    (
        NewMessage,
        {"role": "user", "content": [{"type": "text"}]},
        "content[0].text",
        "missing_required_parameter",
        "Missing required parameter: 'content[0].text'.",
    ),
    (
        NewRun,
        {"assistant_id": "a", "max_prompt_tokens": 255},
        "max_prompt_tokens",
        "integer_below_min_value",
        "Invalid 'max_prompt_tokens': integer below minimum value. "
        "Expected a value >= 256, but got 255 instead.",
    ),
    (
        NewRun,
        {"assistant_id": "a", "tool_choice": "any"},
        "tool_choice",
        "invalid_value",
        "Invalid value: 'any'. Supported values are: 'none', 'auto', 'required'.",
    ),
]


@pytest.mark.parametrize(("model", "body", "param", "code", "message"), CASES)
def test_validation_errors_have_openais_texts(
    model: type[Model], body: dict[str, Any], param: str, code: str, message: str
) -> None:
    """Clients compare param, code and text."""
    with pytest.raises(InvalidRequestError) as caught:
        parse(model, body)

    error = caught.value
    assert (error.param, error.code, error.message) == (param, code, message)


def test_first_invalid_parameter_is_reported() -> None:
    """A deeper error of a later parameter does not replace it."""
    body = {"role": 5, "content": [{"type": "image_url", "image_url": {"url": 5}}]}

    with pytest.raises(InvalidRequestError) as caught:
        parse(NewMessage, body)

    assert caught.value.param == "role"


def test_null_is_accepted_where_openai_accepted_it() -> None:
    """SDKs of other languages send every member."""
    body = {"model": "m", "tools": None, "metadata": None, "tool_resources": None, "name": None}

    assistant = parse(NewAssistant, body)

    assert assistant == NewAssistant(model="m")
