"""Streamed runs over HTTP, with the official SDK: events, deltas, and streams that are reopened."""

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from openai import OpenAI

from local.provider.control import ControlClient
from local.stack import Stack
from tests.e2e.conversations import SCHEMA_TOOL
from tests.limits import WAIT_SECONDS

BEGINNING = ["run.created", "run.queued", "run.in_progress"]
STEP = ["run.step.created", "run.step.in_progress"]
MESSAGE = [*STEP, "message.created", "message.in_progress", "message.delta", "message.completed",
           "run.step.completed"]  # fmt: skip
WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}
PIECES = ("The heron ", "nests ", "in March.")


def thread_and_assistant(client: OpenAI, *tools: Any, text: str = "Hello") -> tuple[str, str]:
    assistant = client.beta.assistants.create(model="gpt-6-luna", tools=list(tools))
    thread = client.beta.threads.create(messages=[{"role": "user", "content": text}])
    return thread.id, assistant.id


def names(events: list[Any]) -> list[str]:
    """Returns the events' names without their prefix, each run of deltas as one."""
    found: list[str] = []
    for event in events:
        name = (event.event or "").removeprefix("thread.")
        if not (name.endswith(".delta") and found and found[-1] == name):
            found.append(name)
    return found


def text_of(events: list[Any]) -> str:
    """Returns the text of all message deltas."""
    return "".join(
        part.text.value or ""
        for event in events
        if event.event == "thread.message.delta"
        for part in event.data.delta.content
        if part.type == "text"
    )


class Frames:
    """The frames of a stream as they are on the wire, one after the other."""

    def __init__(self, response: httpx2.Response) -> None:
        self._lines = response.iter_lines()

    def __iter__(self) -> Iterator[dict[str, str]]:
        frame: dict[str, str] = {}
        for line in self._lines:
            if line:
                name, _, value = line.partition(": ")
                frame[name] = value
            elif frame:
                yield frame
                frame = {}


def test_text_is_streamed_in_pieces_as_the_provider_writes_it(
    client: OpenAI, control: ControlClient
) -> None:
    control.script_answer(deltas=list(PIECES))
    thread_id, assistant_id = thread_and_assistant(client)
    control.hold("delta")
    events = []

    for event in client.beta.threads.runs.create(thread_id, assistant_id=assistant_id, stream=True):
        events.append(event)
        if event.event in ("thread.message.created", "thread.message.delta"):
            pass
        if event.event == "thread.message.in_progress" or event.event == "thread.message.delta":
            if text_of(events) != "".join(PIECES):
                control.wait_for_parked(1, "delta")
                [response_id] = control.live()["response"]
                control.release("delta", response_id)

    assert names(events) == [*BEGINNING, *MESSAGE, "run.completed"]
    deltas = [event for event in events if event.event == "thread.message.delta"]
    assert [event.data.delta.content[0].text.value for event in deltas] == list(PIECES)
    [message] = client.beta.threads.messages.list(thread_id, limit=1).data
    assert message.content[0].text.value == "".join(PIECES)  # type: ignore[union-attr]
    assert events[-1].data.usage.total_tokens > 0
