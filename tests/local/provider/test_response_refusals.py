"""What is refused, with the texts and codes of the API."""

from __future__ import annotations

from typing import Any

import openai
import pytest
from openai import OpenAI

from tests.local.provider.turns import MODEL, WEATHER, output, weather_call


def test_every_open_call_must_be_answered(client: OpenAI) -> None:
    """One missing output, or a plain message instead, is refused with the API's text."""
    asked = weather_call(client)
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


def test_an_output_for_a_call_that_was_never_made_is_refused(client: OpenAI) -> None:
    """An unknown call id is a 400."""
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
def test_a_wrong_request_is_refused_with_its_code_and_parameter(
    client: OpenAI, settings: dict[str, Any], code: str | None, param: str | None
) -> None:
    """Each mistake has the API's own code and names the parameter."""
    with pytest.raises(openai.BadRequestError) as refused:
        client.responses.create(**{"model": MODEL, "input": "Hello", **settings})

    assert (refused.value.code, refused.value.param) == (code, param)


def test_a_retired_model_is_not_found(client: OpenAI) -> None:
    """gpt-4-turbo does not exist any more."""
    with pytest.raises(openai.NotFoundError) as refused:
        client.responses.create(model="gpt-4-turbo", input="Hello")

    assert refused.value.code == "model_not_found"


def test_a_wrong_key_is_refused(client: OpenAI) -> None:
    """Another key gets the API's 401."""
    with pytest.raises(openai.AuthenticationError) as refused:
        client.with_options(api_key="sk-somebody-elses").models.list()

    assert refused.value.code == "invalid_api_key"


def test_chat_refuses_calls_without_outputs(client: OpenAI) -> None:
    """An unanswered `tool_calls` message is a 400."""
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    messages: list[Any] = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "user", "content": "Well?"},
    ]

    with pytest.raises(openai.BadRequestError, match="did not have response messages: call_1"):
        client.chat.completions.create(model=MODEL, messages=messages)
