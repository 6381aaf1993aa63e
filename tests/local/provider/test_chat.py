"""Chat completions, complete and streamed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import httpx2
import openai
import pytest
from openai import OpenAI

from local.provider.control import ControlClient
from tests.local.provider.turns import MODEL, WEATHER

TOOLS: Any = [{"type": "function", "function": {k: v for k, v in WEATHER.items() if k != "type"}}]
HELLO: Any = [{"role": "user", "content": "Hello"}]
ASK_WEATHER: Any = [{"role": "user", "content": "What is the weather in Paris?"}]


def streamed(client: OpenAI, messages: Any = HELLO, **settings: Any) -> Iterable[Any]:
    return client.chat.completions.create(model=MODEL, messages=messages, stream=True, **settings)


def test_tool_loop_works_over_chat_completions(client: OpenAI) -> None:
    messages = list(ASK_WEATHER)
    asked = client.chat.completions.create(model=MODEL, messages=messages, tools=TOOLS)
    message = asked.choices[0].message
    [call] = message.tool_calls or []

    messages.append(message.model_dump(exclude_none=True))
    messages.append({"role": "tool", "tool_call_id": call.id, "content": "18 degrees"})
    answered = client.chat.completions.create(model=MODEL, tools=TOOLS, messages=messages)

    assert asked.choices[0].finish_reason == "tool_calls"
    assert answered.choices[0].message.content == "get_weather returned 18 degrees"
    assert answered.usage is not None
    assert asked.usage is not None
    assert answered.usage.prompt_tokens > asked.usage.prompt_tokens


def test_unanswered_tool_calls_are_refused(client: OpenAI) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    messages: list[Any] = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "user", "content": "Well?"},
    ]

    with pytest.raises(openai.BadRequestError, match="did not have response messages: call_1"):
        client.chat.completions.create(model=MODEL, messages=messages)


def test_stream_has_role_scripted_deltas_reason_and_usage(
    client: OpenAI, control: ControlClient
) -> None:
    """The usage chunk comes last and has no choices."""
    control.script_answer(deltas=["The heron ", "nests in ", "March."])

    *chunks, last = streamed(client, stream_options={"include_usage": True})

    deltas = [chunk.choices[0].delta for chunk in chunks]
    assert deltas[0].role == "assistant"
    assert [d.content for d in deltas[1:-1]] == ["The heron ", "nests in ", "March."]
    assert [c.choices[0].finish_reason for c in chunks if c.choices[0].finish_reason] == ["stop"]
    assert last.choices == []
    assert last.usage.total_tokens == last.usage.prompt_tokens + last.usage.completion_tokens


def test_stream_without_usage_option_has_no_usage(client: OpenAI) -> None:
    assert [chunk.usage for chunk in streamed(client) if chunk.usage] == []


def test_stream_of_a_call_has_its_arguments_in_pieces(
    client: OpenAI, control: ControlClient
) -> None:
    arguments = {"city": "a city with quite a long name"}
    control.script_answer(calls=[{"name": "get_weather", "arguments": arguments}])

    chunks = list(streamed(client, ASK_WEATHER, tools=TOOLS))

    pieces = [c.choices[0].delta.tool_calls[0] for c in chunks if c.choices[0].delta.tool_calls]
    assert pieces[0].function.name == "get_weather"
    assert pieces[0].id.startswith("call_")
    assert len(pieces) > 2
    assert json.loads("".join(piece.function.arguments for piece in pieces)) == arguments
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


def test_stream_can_be_dropped_between_deltas(client: OpenAI, control: ControlClient) -> None:
    control.script_answer(deltas=["one ", "two ", "three"], stream={"drop_after": 2})
    seen: list[Any] = []

    with pytest.raises((httpx2.RemoteProtocolError, openai.APIConnectionError)):
        seen.extend(streamed(client))

    assert [chunk.choices[0].delta.content for chunk in seen] == ["", "one "]


def test_stream_waits_at_the_delta_gate(client: OpenAI, control: ControlClient) -> None:
    control.script_answer(deltas=["one ", "two"])
    control.hold("delta")
    chunks = iter(streamed(client))

    first = next(chunks)
    control.wait_for_parked(1, "delta")
    control.release("delta")

    assert first.choices[0].delta.content == ""
    assert [c.choices[0].delta.content for c in chunks] == ["one ", "two", None]


def test_failure_after_a_text_is_an_error_in_the_stream(
    client: OpenAI, control: ControlClient
) -> None:
    error = {"code": "server_error", "message": "Broken"}
    control.script_answer(text="So far", status="failed", error=error)
    chunks = iter(streamed(client))

    with pytest.raises(openai.APIError, match="Broken"):
        list(chunks)
