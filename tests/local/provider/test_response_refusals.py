"""Requests that are refused, with the texts and codes of the API."""

from __future__ import annotations

from typing import Any

import openai
import pytest
from openai import OpenAI

from local.provider.control import ControlClient
from tests.local.provider.turns import MODEL, WEATHER, output, two_calls


def test_call_without_output_is_refused(client: OpenAI, control: ControlClient) -> None:
    """Whether one of two outputs is missing, or a plain message comes instead."""
    asked = two_calls(client, control)
    first, second = (item for item in asked.output if item.type == "function_call")

    for given in ([output(first.call_id)], "Never mind"):
        with pytest.raises(openai.BadRequestError) as refused:
            client.responses.create(
                model=MODEL, tools=[WEATHER], previous_response_id=asked.id, input=given
            )
        open_call = second.call_id if isinstance(given, list) else first.call_id
        assert refused.value.body == {
            "message": f"No tool output found for function call {open_call}.",
            "type": "invalid_request_error",
            "param": "input",
            "code": None,
        }


def test_output_without_call_is_refused(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.responses.create(model=MODEL, input=[output("call_unknown")])

    message = "No tool call found for function call output with call_id call_unknown."
    assert message in refused.value.message


@pytest.mark.parametrize(
    ("settings", "code", "param"),
    [
        ({"extra_body": {"max_tokens": 20}}, "unknown_parameter", "max_tokens"),
        ({"max_output_tokens": 15}, "integer_below_min_value", "max_output_tokens"),
        ({"metadata": {str(i): "x" for i in range(17)}}, "object_above_max_properties", "metadata"),
        ({"metadata": {"k": "x" * 513}}, "string_above_max_length", "metadata.k"),
        (
            {"previous_response_id": "resp_no"},
            "previous_response_not_found",
            "previous_response_id",
        ),
        ({"input": []}, "missing_required_parameter", None),
        ({"model": "gpt-5.6-luna", "temperature": 0.2}, None, "temperature"),
        (
            {"tools": [{"type": "function", "function": {"name": "f"}}]},
            "missing_required_parameter",
            "tools[0].name",
        ),
        (
            {"tools": [{"type": "code_interpreter"}]},
            "missing_required_parameter",
            "tools[0].container",
        ),
        (
            {"input": [{"role": "assistant", "content": [{"type": "input_text", "text": "x"}]}]},
            "invalid_value",
            "input[0].content[0]",
        ),
        ({"text": {"format": {"type": "json_object"}}}, None, "input"),
        ({"tool_choice": "sometimes"}, "invalid_value", "tool_choice"),
    ],
)
def test_invalid_request_is_refused_with_code_and_parameter(
    client: OpenAI, settings: dict[str, Any], code: str | None, param: str | None
) -> None:
    """Each mistake has the API's code and names the parameter."""
    with pytest.raises(openai.BadRequestError) as refused:
        client.responses.create(**{"model": MODEL, "input": "Hello", **settings})

    assert (refused.value.code, refused.value.param) == (code, param)


def test_retired_model_is_not_found(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as refused:
        client.responses.create(model="gpt-4-turbo", input="Hello")

    assert refused.value.code == "model_not_found"


def test_wrong_key_is_refused(client: OpenAI) -> None:
    with pytest.raises(openai.AuthenticationError) as refused:
        client.with_options(api_key="sk-of-another-account").models.list()

    assert refused.value.code == "invalid_api_key"
