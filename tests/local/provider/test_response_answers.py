"""What the model answers: chaining, tool loops, limits, formats, usage."""

from __future__ import annotations

import json
from typing import Any

from openai import OpenAI

from tests.local.provider.turns import MODEL, WEATHER, output, weather_call


def test_a_conversation_goes_on_from_the_previous_response(client: OpenAI) -> None:
    """The history comes along with `previous_response_id`, over several turns."""
    first = client.responses.create(model=MODEL, input="My name is Ada.")
    second = client.responses.create(model=MODEL, input="Hi", previous_response_id=first.id)

    third = client.responses.create(
        model=MODEL, input="What is my name?", previous_response_id=second.id
    )

    assert third.output_text == "Your name is Ada."


def test_instructions_are_not_carried_over(client: OpenAI) -> None:
    """What the first turn was instructed to do does not bind the second."""
    first = client.responses.create(
        model=MODEL, input="Hello", instructions="Always answer in uppercase."
    )

    second = client.responses.create(model=MODEL, input="Hello", previous_response_id=first.id)

    assert first.output_text.isupper()
    assert not second.output_text.isupper()


def test_only_what_was_sent_is_known(client: OpenAI) -> None:
    """Nothing leaks from one conversation into another."""
    client.responses.create(model=MODEL, input="My name is Ada.")

    stranger = client.responses.create(model=MODEL, input="What is my name?")

    assert "Ada" not in stranger.output_text


def test_parallel_calls_are_answered_by_previous_response_id(client: OpenAI) -> None:
    """Two cities make two calls; the answer uses both outputs."""
    asked = weather_call(client)
    calls = [item for item in asked.output if item.type == "function_call"]

    answer = client.responses.create(
        model=MODEL,
        tools=[WEATHER],
        previous_response_id=asked.id,
        input=[output(calls[0].call_id, "18 degrees"), output(calls[1].call_id, "27 degrees")],
    )

    assert [json.loads(call.arguments) for call in calls] == [{"city": "Paris"}, {"city": "Rome"}]
    assert answer.output_text == "Paris: 18 degrees. Rome: 27 degrees."


def test_calls_are_answered_by_sending_the_whole_history(client: OpenAI) -> None:
    """The same works without a stored response: calls and outputs are items of the input."""
    history: list[Any] = [
        {"role": "user", "content": "What is the weather in Oslo?"},
        {
            "type": "function_call",
            "call_id": "call_1",
            "name": "get_weather",
            "arguments": '{"city": "Oslo"}',
        },
        output("call_1", "-3 degrees"),
    ]

    answer = client.responses.create(model=MODEL, tools=[WEATHER], input=history)

    assert answer.output_text == "Oslo: -3 degrees."


def test_an_answer_longer_than_its_limit_is_incomplete(client: OpenAI) -> None:
    """The text is cut at `max_output_tokens`, and the usage says no more than that."""
    question = " ".join(f"reef{n}" for n in range(80))

    response = client.responses.create(
        model=MODEL, input=f"Reply with exactly '{question}'", max_output_tokens=40
    )

    assert response.status == "incomplete"
    assert response.incomplete_details is not None
    assert response.incomplete_details.reason == "max_output_tokens"
    assert response.usage is not None
    assert response.usage.output_tokens <= 40
    assert question.startswith(response.output_text)
    assert 0 < len(response.output_text) < len(question)


def test_usage_grows_with_the_history_and_counts_cached_tokens(client: OpenAI) -> None:
    """A long prompt that is sent again is mostly cached; all of it is counted as input."""
    first = client.responses.create(model="gpt-5.6-luna", input="river stone " * 1500)
    second = client.responses.create(
        model="gpt-5.6-luna", input="Thanks", previous_response_id=first.id
    )

    assert first.usage is not None
    assert second.usage is not None
    assert first.usage.input_tokens_details.cached_tokens == 0
    assert second.usage.input_tokens > first.usage.input_tokens
    assert 1024 <= second.usage.input_tokens_details.cached_tokens <= second.usage.input_tokens
    assert second.usage.output_tokens_details.reasoning_tokens > 0


def test_a_schema_shapes_the_answer(client: OpenAI) -> None:
    """With `json_schema` the text is JSON with the schema's properties."""
    schema = {
        "type": "object",
        "properties": {"result": {"type": "integer"}},
        "required": ["result"],
        "additionalProperties": False,
    }
    response = client.responses.create(
        model=MODEL,
        input="What is 6 * 7?",
        text={"format": {"type": "json_schema", "name": "sum", "schema": schema}},
    )

    assert json.loads(response.output_text) == {"result": 42}


def test_a_forced_function_is_called_whatever_the_question(client: OpenAI) -> None:
    """`tool_choice` with a name leads to that call."""
    response = client.responses.create(
        model=MODEL,
        input="Hello from Lima",
        tools=[WEATHER],
        tool_choice={"type": "function", "name": "get_weather"},
    )

    [call] = response.output
    assert call.type == "function_call"
    assert json.loads(call.arguments) == {"city": "Lima"}


def test_chat_completions_have_the_same_model_behind_them(client: OpenAI) -> None:
    """The tool loop works over the older API as well."""
    tools: list[Any] = [
        {"type": "function", "function": {k: v for k, v in WEATHER.items() if k != "type"}}
    ]
    messages: list[Any] = [{"role": "user", "content": "What is the weather in Paris and Rome?"}]
    asked = client.chat.completions.create(model=MODEL, messages=messages, tools=tools)
    message = asked.choices[0].message
    calls = message.tool_calls or []

    messages.append(message.model_dump(exclude_none=True))
    for number, call in enumerate(calls, 1):
        messages.append({"role": "tool", "tool_call_id": call.id, "content": f"{number}8 degrees"})
    answered = client.chat.completions.create(model=MODEL, tools=tools, messages=messages)

    assert asked.choices[0].finish_reason == "tool_calls"
    assert answered.choices[0].message.content == "Paris: 18 degrees. Rome: 28 degrees."
    assert answered.usage is not None
    assert asked.usage is not None
    assert answered.usage.prompt_tokens > asked.usage.prompt_tokens
