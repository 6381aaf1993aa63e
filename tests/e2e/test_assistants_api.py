"""OpenAI's rules that need the whole stack: what reaches the model, and how runs end."""

import json
from typing import Any

import pytest
from openai import BadRequestError, OpenAI

from local.provider.control import ControlClient
from local.stack import Stack

POLL_MS = 50
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


@pytest.fixture
def assistant_id(client: OpenAI) -> str:
    return client.beta.assistants.create(model="gpt-6-luna", instructions="Be brief.").id


def run(client: OpenAI, assistant_id: str, *texts: str, **fields: Any) -> Any:
    """Runs an assistant on a new thread until the run has ended or requires action."""
    thread = client.beta.threads.create(
        messages=[{"role": "user", "content": text} for text in texts]
    )
    return client.beta.threads.runs.create_and_poll(
        thread_id=thread.id, assistant_id=assistant_id, poll_interval_ms=POLL_MS, **fields
    )


def answer_of(client: OpenAI, ended: Any) -> str:
    """Returns the text of the run's message."""
    [message] = client.beta.threads.messages.list(ended.thread_id, run_id=ended.id).data
    return str(message.content[0].text.value)


def asked(stack: Stack) -> list[dict[str, Any]]:
    """Returns the bodies of the requests for a response, oldest first."""
    assert stack.provider is not None
    requests = stack.provider.control.requests(method="POST", path="/responses")
    return [json.loads(request["body"]) for request in requests]


def test_request_to_the_model_has_the_fields_of_the_run(
    stack: Stack, client: OpenAI, assistant_id: str
) -> None:
    """Instructions are combined. A tool that the Assistants API did not have is sent unchanged."""
    search = {"type": "web_search", "search_context_size": "low"}

    ended = run(
        client,
        assistant_id,
        "Hello",
        additional_instructions="The user is Ada.",
        additional_messages=[{"role": "user", "content": "What is my name?"}],
        tools=[search],
        response_format={
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": {"type": "object"}},
        },
        reasoning_effort="low",
        parallel_tool_calls=False,
        metadata={"k": "v"},
    )

    assert ended.status == "completed", ended.last_error
    [body] = asked(stack)
    assert body["instructions"] == "Be brief.\n\nThe user is Ada."
    texts = [item["content"][0]["text"] for item in body["input"]]
    assert texts == ["Hello", "What is my name?"]
    assert body["tools"] == [search]
    assert body["text"]["format"] == {
        "type": "json_schema",
        "name": "answer",
        "schema": {"type": "object"},
    }
    assert body["reasoning"] == {"effort": "low"}
    assert body["parallel_tool_calls"] is False


def test_parameters_that_the_model_rejects_are_not_sent(
    stack: Stack, client: OpenAI, assistant_id: str
) -> None:
    """The run still shows them, and completes."""
    ended = run(client, assistant_id, "Hello", temperature=0.2, top_p=0.5)

    assert ended.status == "completed", ended.last_error
    assert (ended.temperature, ended.top_p) == (0.2, 0.5)
    [body] = asked(stack)
    assert not {"temperature", "top_p"} & body.keys()


def test_retired_model_is_replaced_by_its_alias(stack: Stack, client: OpenAI) -> None:
    """The run shows the model that the client named."""
    assistant = client.beta.assistants.create(model="gpt-4-turbo")

    ended = run(client, assistant.id, "Hello")

    assert ended.status == "completed", ended.last_error
    assert (assistant.model, ended.model) == ("gpt-4-turbo", "gpt-4-turbo")
    [body] = asked(stack)
    assert body["model"] == "gpt-6-luna"


def test_truncation_strategy_limits_the_messages_sent(
    stack: Stack, client: OpenAI, assistant_id: str
) -> None:
    """The model does not know a fact from an older message."""
    strategy = {"type": "last_messages", "last_messages": 1}

    ended = run(
        client,
        assistant_id,
        "My name is Ada.",
        "What is my name?",
        truncation_strategy=strategy,
    )

    assert "Ada" not in answer_of(client, ended)
    [body] = asked(stack)
    assert len(body["input"]) == 1


def test_oldest_messages_are_truncated_above_the_prompt_limit(
    stack: Stack, client: OpenAI, assistant_id: str
) -> None:
    """The newest messages are sent."""
    ended = run(
        client,
        assistant_id,
        "My name is Ada. " + "x " * 2000,
        "What is my name?",
        max_prompt_tokens=300,
    )

    assert ended.status == "completed"
    assert "Ada" not in answer_of(client, ended)
    assert len(asked(stack)[0]["input"]) == 1


def test_run_with_a_prompt_above_its_limit_is_incomplete(
    stack: Stack, client: OpenAI, assistant_id: str
) -> None:
    """No request is sent to the model."""
    ended = run(client, assistant_id, "x " * 2000, max_prompt_tokens=300)

    assert ended.status == "incomplete"
    assert ended.incomplete_details.reason == "max_prompt_tokens"
    assert (ended.expires_at, ended.completed_at) == (None, None)
    assert asked(stack) == []


def test_run_with_an_answer_above_its_limit_is_incomplete(
    stack: Stack, client: OpenAI, assistant_id: str, control: ControlClient
) -> None:
    """The partial text is stored as an incomplete message."""
    control.script_answer(text="So far", status="incomplete", reason="max_output_tokens")

    ended = run(client, assistant_id, "Tell me everything.", max_completion_tokens=256)

    assert ended.status == "incomplete"
    assert ended.incomplete_details.reason == "max_completion_tokens"
    assert asked(stack)[0]["max_output_tokens"] == 256
    [message] = client.beta.threads.messages.list(ended.thread_id, run_id=ended.id).data
    assert (message.status, message.incomplete_details.reason) == ("incomplete", "max_tokens")


def test_token_limit_applies_to_all_rounds_of_a_run(
    stack: Stack, client: OpenAI, control: ControlClient
) -> None:
    """A round that would exceed it is not started. The outputs of its calls are stored."""
    control.script_answer(
        calls=[{"name": "get_weather", "arguments": '{"city": "Oslo"}'}],
        usage={"input_tokens": 200, "output_tokens": 20},
    )
    assistant = client.beta.assistants.create(model="gpt-6-luna", tools=[WEATHER])
    waiting = run(client, assistant.id, "How is the weather?", max_prompt_tokens=400)
    [call] = waiting.required_action.submit_tool_outputs.tool_calls

    ended = client.beta.threads.runs.submit_tool_outputs_and_poll(
        run_id=waiting.id,
        thread_id=waiting.thread_id,
        tool_outputs=[{"tool_call_id": call.id, "output": "rain"}],
        poll_interval_ms=POLL_MS,
    )

    assert ended.status == "incomplete"
    assert ended.incomplete_details.reason == "max_prompt_tokens"
    assert len(asked(stack)) == 1


def test_outputs_of_all_calls_must_be_submitted_in_one_request(
    client: OpenAI, control: ControlClient
) -> None:
    """Missing and additional outputs are rejected with OpenAI's text."""
    control.script_answer(
        calls=[
            {"name": "get_weather", "arguments": '{"city": "Oslo"}'},
            {"name": "get_weather", "arguments": '{"city": "Rome"}'},
        ]
    )
    assistant = client.beta.assistants.create(model="gpt-6-luna", tools=[WEATHER])
    waiting = run(client, assistant.id, "How is the weather?")
    api = client.beta.threads.runs
    ids = [call.id for call in waiting.required_action.submit_tool_outputs.tool_calls]
    listed = api.list(waiting.thread_id).data[0].required_action
    first = {"tool_call_id": ids[0], "output": "rain"}

    with pytest.raises(BadRequestError) as refused:
        api.submit_tool_outputs(waiting.id, thread_id=waiting.thread_id, tool_outputs=[first])
    both = [first, {"tool_call_id": ids[1], "output": "sun"}]
    queued = api.submit_tool_outputs(waiting.id, thread_id=waiting.thread_id, tool_outputs=both)
    steps = api.steps.list(waiting.id, thread_id=waiting.thread_id).data

    text = f"Expected tool outputs for call_ids {ids}, got {ids[:1]}"
    assert refused.value.body["message"] == text
    assert [call.id for call in listed.submit_tool_outputs.tool_calls] == ids
    assert (queued.status, queued.required_action) == ("queued", None)
    tool_step = steps[-1]
    assert tool_step.status == "completed"
    outputs = [call.function.output for call in tool_step.step_details.tool_calls]
    assert outputs == ["rain", "sun"]
    ended = api.poll(waiting.id, thread_id=waiting.thread_id, poll_interval_ms=POLL_MS)
    assert ended.status == "completed"


def test_responses_with_a_run_have_the_poll_header(client: OpenAI, assistant_id: str) -> None:
    """The header is on every response that contains one run."""
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hello"}])
    raw = client.beta.threads.runs.with_raw_response

    made = raw.create(thread.id, assistant_id=assistant_id)
    got = raw.retrieve(made.parse().id, thread_id=thread.id)
    client.beta.threads.runs.poll(made.parse().id, thread_id=thread.id, poll_interval_ms=POLL_MS)

    for answered in (made, got):
        assert 100 <= int(answered.headers["openai-poll-after-ms"]) <= 5000
