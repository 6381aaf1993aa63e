"""Streamed responses: order and content of events, replay, and what a test can break."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, get_args

import httpx2
import openai
import pytest
from openai import OpenAI
from openai.types.responses import ResponseStreamEvent

from local.provider.control import ControlClient
from tests.local.provider.objects import CODE, CSV, HANDBOOK, store, upload
from tests.local.provider.turns import MODEL, WEATHER

TEXT = "The heron of the north pond nests in March."
DELTA = "response.output_text.delta"
EVENT_MODELS = get_args(get_args(ResponseStreamEvent)[0])


def streamed(client: OpenAI, question: Any = "Hello", **settings: Any) -> Any:
    return client.responses.create(model=MODEL, input=question, stream=True, **settings)


def types(events: Iterable[Any]) -> list[str]:
    """The events' types without the prefix, each run of deltas as one."""
    found: list[str] = []
    for event in events:
        name = event.type.removeprefix("response.")
        if not (name.endswith(".delta") and found and found[-1] == name):
            found.append(name)
    return found


def test_text_is_streamed_with_all_events_in_order(client: OpenAI, control: ControlClient) -> None:
    control.script_answer(text=TEXT)

    events = list(streamed(client))

    assert types(events) == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    deltas = [event.delta for event in events if event.type == DELTA]
    assert deltas == ["The heron of ", "the north pond ", "nests in March."]
    assert events[-1].response.output_text == TEXT
    assert events[-1].response.usage.total_tokens > 0


def test_background_stream_begins_queued(client: OpenAI) -> None:
    events = list(streamed(client, background=True))

    assert types(events)[:3] == ["created", "queued", "in_progress"]
    assert events[0].response.status == "queued"
    assert client.responses.retrieve(events[0].response.id).status == "completed"


def test_deltas_can_be_scripted_and_released_one_by_one(
    client: OpenAI, control: ControlClient
) -> None:
    """The stream stops in the middle of a sentence, and the response is in progress."""
    control.script_answer(deltas=["The heron", " nests ", "in March."])
    control.hold("delta")
    events = streamed(client, background=True)
    response_id = next(events).response.id

    for expected in ("The heron", " nests "):
        control.wait_for_parked(1, "delta")
        control.release("delta", response_id)
        assert next(e for e in events if e.type == DELTA).delta == expected
    control.wait_for_parked(1, "delta")
    assert client.responses.retrieve(response_id).status == "in_progress"
    control.release("delta")

    assert types(events)[-1] == "completed"


def test_cancel_in_the_middle_ends_the_stream(client: OpenAI, control: ControlClient) -> None:
    control.script_answer(deltas=["The heron", " nests"])
    control.hold("delta")
    events = streamed(client, background=True)
    response_id = next(events).response.id
    control.wait_for_parked(1, "delta")

    client.responses.cancel(response_id)
    control.release("delta")

    assert types(events)[-1] == "content_part.added"
    assert client.responses.retrieve(response_id).status == "cancelled"


def test_stream_is_read_again_after_a_sequence_number(client: OpenAI) -> None:
    """From the start without `starting_after`; while the response works, and after its end."""
    first = list(streamed(client, background=True))
    response_id = first[0].response.id

    whole = list(client.responses.retrieve(response_id, stream=True))
    rest = list(client.responses.retrieve(response_id, stream=True, starting_after=4))

    assert whole == first
    assert rest == first[5:]


def test_lost_connection_is_resumed(client: OpenAI, control: ControlClient) -> None:
    """The response continues, and a second reader gets what the first one missed."""
    control.script_answer(deltas=["one ", "two ", "three"], stream={"drop_after": 6})
    seen: list[Any] = []

    with pytest.raises((httpx2.RemoteProtocolError, openai.APIConnectionError)):
        seen.extend(streamed(client, background=True))
    rest = list(
        client.responses.retrieve(
            seen[0].response.id, stream=True, starting_after=seen[-1].sequence_number
        )
    )

    assert len(seen) == 6
    assert [event.delta for event in [*seen, *rest] if event.type == DELTA] == [
        "one ",
        "two ",
        "three",
    ]


@pytest.mark.parametrize(
    ("fault", "expected"), [("skip", [0, 1, 3, 4, 5]), ("repeat", [0, 1, 2, 2, 3])]
)
def test_sequence_number_can_be_skipped_or_repeated(
    client: OpenAI, control: ControlClient, fault: str, expected: list[int]
) -> None:
    control.script_answer(text=TEXT, stream={fault: 2})

    numbers = [event.sequence_number for event in streamed(client)]

    assert numbers[:5] == expected


def test_function_call_is_streamed(client: OpenAI, control: ControlClient) -> None:
    arguments = '{"city": "a city with a long name"}'
    control.script_answer(calls=[{"name": "get_weather", "arguments": arguments}])

    events = list(streamed(client, tools=[WEATHER]))

    assert types(events)[2:-1] == [
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
    ]
    deltas = [e.delta for e in events if e.type == "response.function_call_arguments.delta"]
    assert len(deltas) > 1
    assert "".join(deltas) == arguments
    assert events[2].item.arguments == ""
    assert events[-2].item.arguments == arguments


def test_code_interpreter_is_streamed(client: OpenAI) -> None:
    """Code in deltas; the citation of the chart is an event of its own."""
    container = {"type": "auto", "file_ids": [upload(client, "s.csv", CSV)]}
    tools = [{**CODE[0], "container": container}]

    events = list(streamed(client, "Draw a chart of amount by region.", tools=tools))

    assert types(events)[2:9] == [
        "output_item.added",
        "code_interpreter_call.in_progress",
        "code_interpreter_call_code.delta",
        "code_interpreter_call_code.done",
        "code_interpreter_call.interpreting",
        "code_interpreter_call.completed",
        "output_item.done",
    ]
    [cited] = [e for e in events if e.type == "response.output_text.annotation.added"]
    assert cited.annotation.type == "container_file_citation"


def test_file_search_is_streamed(client: OpenAI) -> None:
    store_id = store(client)
    client.vector_stores.files.create_and_poll(
        vector_store_id=store_id,
        file_id=upload(client, "handbook.md", HANDBOOK, "assistants"),
        poll_interval_ms=10,
    )
    tools = [{"type": "file_search", "vector_store_ids": [store_id]}]

    events = list(streamed(client, "How many holidays are there?", tools=tools))

    assert types(events)[2:7] == [
        "output_item.added",
        "file_search_call.in_progress",
        "file_search_call.searching",
        "file_search_call.completed",
        "output_item.done",
    ]
    assert "output_text.annotation.added" in types(events)


@pytest.mark.parametrize(
    ("answer", "settings"),
    [
        ({}, {"background": True, "tools": [WEATHER], "tool_choice": "required"}),
        ({}, {"model": "gpt-5.1"}),
        ({}, {"input": "Draw a chart of a: 1, b: 2", "tools": CODE}),
        ({"refusal": "I cannot help with that."}, {}),
        ({"text": "So far", "status": "incomplete"}, {}),
        ({"text": "So far", "status": "failed"}, {}),
        ({"status": "failed", "error_event": True}, {}),
    ],
)
def test_events_fit_the_models_of_the_sdk(
    client: OpenAI, control: ControlClient, answer: dict[str, Any], settings: dict[str, Any]
) -> None:
    """The SDK itself accepts anything; its models, used strictly, do not."""
    models = {kind.model_fields["type"].annotation.__args__[0]: kind for kind in EVENT_MODELS}
    if answer:
        control.script_answer(**answer)
    body = {"model": MODEL, "input": "How is the weather?", "stream": True, **settings}

    with client.responses.with_streaming_response.create(**body) as raw:
        frames = [line for line in raw.iter_lines() if line.startswith("data: ")]

    assert frames
    for frame in frames:
        event = json.loads(frame.removeprefix("data: "))
        models[event["type"]].model_validate(event)


def test_refusal_is_streamed(client: OpenAI, control: ControlClient) -> None:
    control.script_answer(refusal="I cannot help with that.")

    events = list(streamed(client))

    assert types(events)[3:7] == [
        "content_part.added",
        "refusal.delta",
        "refusal.done",
        "content_part.done",
    ]


def test_incomplete_and_failed_responses_have_their_own_last_event(
    client: OpenAI, control: ControlClient
) -> None:
    """A failed response keeps nothing of the text that was streamed before the failure."""
    control.script_answer(text="So far", status="incomplete", reason="max_output_tokens")
    control.script_answer(text="So far", status="failed", error={"message": "Broken"})

    incomplete, failed = list(streamed(client)), list(streamed(client))

    assert types(incomplete)[-1] == "incomplete"
    assert incomplete[-1].response.incomplete_details.reason == "max_output_tokens"
    assert types(failed)[-2:] == ["output_item.done", "failed"]
    assert failed[-1].response.error.message == "Broken"
    assert failed[-1].response.output == []


def test_error_event_ends_the_stream(client: OpenAI, control: ControlClient) -> None:
    control.script_answer(status="failed", error={"message": "Broken"}, error_event=True)

    events = list(streamed(client))

    assert types(events) == ["created", "in_progress", "error"]
    assert events[-1].message == "Broken"


def test_only_streamed_responses_of_the_last_five_minutes_can_be_streamed(
    client: OpenAI, control: ControlClient
) -> None:
    plain = client.responses.create(model=MODEL, input="Hello")
    old = next(iter(streamed(client, background=True))).response

    with pytest.raises(openai.BadRequestError, match="not created with stream=true"):
        client.responses.retrieve(plain.id, stream=True)
    control.advance_clock(301)
    with pytest.raises(openai.BadRequestError, match="more than 5 minutes old"):
        client.responses.retrieve(old.id, stream=True)


def test_stateless_stream_leaves_nothing(client: OpenAI, control: ControlClient) -> None:
    events = list(streamed(client, store=False))

    assert types(events)[-1] == "completed"
    assert control.live() == {}
