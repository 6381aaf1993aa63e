"""The Responses API over the wire: statuses, chaining, refusals, with the real SDK."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest
from openai import OpenAI
from openai.types.responses import Response

from local.provider.control.client import ControlClient

WEATHER: dict[str, Any] = {
    "type": "function",
    "name": "get_weather",
    "description": "Get the weather of a city",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    },
}
MODEL = "gpt-4o"


def start(client: OpenAI, question: str = "Hello", **settings: Any) -> Response:
    settings = {"model": MODEL, "input": question, "background": True, "store": True, **settings}
    return client.responses.create(**settings)


def weather_call(
    client: OpenAI, question: str = "What is the weather in Paris and Rome?"
) -> Response:
    return client.responses.create(model=MODEL, input=question, tools=[WEATHER])


def output(call_id: str, text: str = "18 degrees") -> dict[str, str]:
    return {"type": "function_call_output", "call_id": call_id, "output": text}


def test_a_background_response_is_queued_then_in_progress_then_completed(
    client: OpenAI, control: ControlClient
) -> None:
    """Every status of a response that goes well is seen, in order."""
    control.hold()

    created = start(client)
    control.wait_for_parked(1, "queued")
    queued = client.responses.retrieve(created.id)
    control.release("queued", created.id)
    control.wait_for_parked(1, "in_progress")
    working = client.responses.retrieve(created.id)
    control.release()
    control.wait_for_response(created.id, "completed")
    ended = client.responses.retrieve(created.id)

    assert [created.status, queued.status, working.status] == ["queued", "queued", "in_progress"]
    assert working.usage is None
    assert ended.status == "completed"
    assert ended.usage is not None
    assert ended.usage.total_tokens == ended.usage.input_tokens + ended.usage.output_tokens
    assert ended.output_text == "Hello! How can I help you?"


def test_every_field_of_a_response_is_there(client: OpenAI) -> None:
    """The object carries every key that the API documents, null or not."""
    raw = client.responses.with_raw_response.create(model=MODEL, input="Hello")

    assert set(json.loads(raw.text)) >= set(
        ["id", "object", "created_at", "completed_at", "status", "background", "error", "incomplete_details", "instructions", "metadata", "model", "output", "parallel_tool_calls", "previous_response_id", "conversation", "max_output_tokens", "max_tool_calls", "reasoning", "safety_identifier", "prompt_cache_key", "service_tier", "store", "temperature", "text", "tool_choice", "tools", "tool_usage", "top_p", "truncation", "usage", "user"]
    )
    assert raw.headers["x-request-id"].startswith("req_")


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


def test_cancelling_ends_a_response_that_works(client: OpenAI, control: ControlClient) -> None:
    """A cancel leaves no output, can be repeated, and is not overtaken by the end of the work."""
    control.hold("in_progress")
    created = start(client)
    control.wait_for_parked(1, "in_progress")

    cancelled = client.responses.cancel(created.id)
    again = client.responses.cancel(created.id)
    control.release()

    assert (cancelled.status, again.status) == ("cancelled", "cancelled")
    after = client.responses.retrieve(created.id)
    assert (after.status, after.output) == ("cancelled", [])


def test_a_long_task_can_be_cancelled_while_it_works(
    client: OpenAI, control: ControlClient
) -> None:
    """A long report takes so long that there is time to stop it."""
    created = start(client, "Write a long report on the harbour")
    control.wait_for_response(created.id, "in_progress")

    assert client.responses.cancel(created.id).status == "cancelled"


@pytest.mark.parametrize("ended", ["completed", "failed"])
def test_what_has_ended_cannot_be_cancelled(
    client: OpenAI, control: ControlClient, ended: Any
) -> None:
    """A late cancel gets the API's 400."""
    control.script_answer(status=ended)
    created = start(client)
    control.wait_for_response(created.id, ended)

    with pytest.raises(openai.BadRequestError, match=f"Cannot cancel a {ended} response."):
        client.responses.cancel(created.id)


def test_a_synchronous_response_cannot_be_cancelled(client: OpenAI) -> None:
    """Only background responses can."""
    created = client.responses.create(model=MODEL, input="Hello")

    with pytest.raises(openai.BadRequestError, match="Cannot cancel a synchronous response"):
        client.responses.cancel(created.id)


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


def test_a_deleted_response_is_gone(client: OpenAI) -> None:
    """After a delete there is a 404 with the API's text."""
    created = client.responses.create(model=MODEL, input="Hello")
    client.responses.delete(created.id)

    with pytest.raises(openai.NotFoundError, match=f"Response with id '{created.id}' not found."):
        client.responses.retrieve(created.id)


def test_input_items_are_listed_in_pages(client: OpenAI) -> None:
    """What the model read can be paged through."""
    history: list[Any] = [{"role": "user", "content": f"Message {n}"} for n in range(5)]
    created = client.responses.create(model=MODEL, input=history)

    listed = client.responses.input_items.list(created.id, limit=2, order="asc")

    texts = [item.content[0].text for item in listed]  # type: ignore[union-attr]
    assert texts == [f"Message {n}" for n in range(5)]


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
    assert (call.type, json.loads(call.arguments)) == ("function_call", {"city": "Lima"})  # type: ignore[union-attr]


def test_chat_completions_have_the_same_model_behind_them(client: OpenAI) -> None:
    """The tool loop works over the older API as well."""
    tools: list[Any] = [
        {"type": "function", "function": {k: v for k, v in WEATHER.items() if k != "type"}}
    ]
    messages: list[Any] = [{"role": "user", "content": "What is the weather in Paris and Rome?"}]
    asked = client.chat.completions.create(model=MODEL, messages=messages, tools=tools)
    message = asked.choices[0].message
    calls = message.tool_calls or []

    answered = client.chat.completions.create(
        model=MODEL,
        tools=tools,
        messages=[
            *messages,
            message.model_dump(exclude_none=True),
            *(
                {"role": "tool", "tool_call_id": c.id, "content": f"{n}8 degrees"}
                for n, c in enumerate(calls, 1)
            ),
        ],
    )

    assert asked.choices[0].finish_reason == "tool_calls"
    assert answered.choices[0].message.content == "Paris: 18 degrees. Rome: 28 degrees."
    assert answered.usage is not None
    assert asked.usage is not None
    assert answered.usage.prompt_tokens > asked.usage.prompt_tokens


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
