"""What responses contain: chaining, tool loops, limits, formats, usage."""

from __future__ import annotations

import json
from typing import Any

from openai import OpenAI

from local.provider.control import ControlClient
from tests.local.provider.turns import MODEL, WEATHER, output, two_calls


def test_previous_response_id_carries_the_history(client: OpenAI) -> None:
    """Also over several responses."""
    first = client.responses.create(model=MODEL, input="My name is Ada.")
    second = client.responses.create(model=MODEL, input="Hi", previous_response_id=first.id)

    third = client.responses.create(
        model=MODEL, input="What is my name?", previous_response_id=second.id
    )

    assert third.output_text == "Your name is Ada."


def test_instructions_are_not_carried_over(client: OpenAI) -> None:
    """The instructions of the first response do not apply to the second."""
    first = client.responses.create(
        model=MODEL, input="Hello", instructions="Reply with exactly PONG"
    )

    second = client.responses.create(model=MODEL, input="Hello", previous_response_id=first.id)

    assert first.output_text == "PONG"
    assert second.output_text == "You said: Hello"


def test_conversations_do_not_share_facts(client: OpenAI) -> None:
    client.responses.create(model=MODEL, input="My name is Ada.")

    stranger = client.responses.create(model=MODEL, input="What is my name?")

    assert "Ada" not in stranger.output_text


def test_outputs_of_parallel_calls_are_used(client: OpenAI, control: ControlClient) -> None:
    """Both outputs are sent with `previous_response_id`."""
    asked = two_calls(client, control)
    calls = [item for item in asked.output if item.type == "function_call"]

    answer = client.responses.create(
        model=MODEL,
        tools=[WEATHER],
        previous_response_id=asked.id,
        input=[output(calls[0].call_id, "18 degrees"), output(calls[1].call_id, "27 degrees")],
    )

    assert [json.loads(call.arguments) for call in calls] == [{"city": "Paris"}, {"city": "Rome"}]
    assert answer.output_text == "get_weather returned 18 degrees\nget_weather returned 27 degrees"


def test_stateless_tool_loop_works(client: OpenAI) -> None:
    """With `store=False` the client sends the calls and outputs as items of the input."""
    question: Any = {"role": "user", "content": "What is the weather in Oslo?"}
    asked = client.responses.create(model=MODEL, tools=[WEATHER], input=[question], store=False)
    [call] = asked.output
    assert call.type == "function_call"
    history: list[Any] = [question, call.to_dict(), output(call.call_id, "-3 degrees")]

    answer = client.responses.create(model=MODEL, tools=[WEATHER], input=history, store=False)

    assert json.loads(call.arguments) == {"city": "Oslo"}
    assert answer.output_text == "get_weather returned -3 degrees"


def test_usage_grows_with_history_and_counts_reasoning(client: OpenAI) -> None:
    first = client.responses.create(model="gpt-5.6-luna", input="river stone " * 15)
    second = client.responses.create(
        model="gpt-5.6-luna", input="Thanks", previous_response_id=first.id
    )

    assert first.usage is not None
    assert second.usage is not None
    assert second.usage.input_tokens > first.usage.input_tokens
    assert second.usage.output_tokens_details.reasoning_tokens > 0


def test_json_schema_shapes_the_answer(client: OpenAI) -> None:
    schema = {
        "type": "object",
        "properties": {"result": {"type": "integer"}},
        "required": ["result"],
        "additionalProperties": False,
    }

    response = client.responses.create(
        model=MODEL,
        input="The result is 42.",
        text={"format": {"type": "json_schema", "name": "sum", "schema": schema}},
    )

    assert json.loads(response.output_text) == {"result": 42}


def test_scripted_refusal_is_a_refusal_part(client: OpenAI, control: ControlClient) -> None:
    control.script_answer(refusal="I cannot help with that.")

    response = client.responses.create(model=MODEL, input="Hello")

    [message] = response.output
    assert message.type == "message"
    assert message.content[0].type == "refusal"
    assert message.content[0].refusal == "I cannot help with that."
