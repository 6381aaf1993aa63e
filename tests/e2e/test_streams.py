"""Streamed runs over HTTP, with the official SDK: events, deltas, and streams that are reopened."""

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
        is_open = event.event in ("thread.message.in_progress", "thread.message.delta")
        if is_open and text_of(events) != "".join(PIECES):
            control.wait_for_parked(1, "delta")
            [response_id] = control.live()["response"]
            control.release("delta", response_id)

    assert names(events) == [*BEGINNING, *MESSAGE, "run.completed"]
    deltas = [event for event in events if event.event == "thread.message.delta"]
    assert [event.data.delta.content[0].text.value for event in deltas] == list(PIECES)
    [message] = client.beta.threads.messages.list(thread_id, limit=1).data
    assert message.content[0].text.value == "".join(PIECES)  # type: ignore[union-attr]
    assert events[-1].data.usage.total_tokens > 0


def test_function_run_stops_for_its_client_and_continues_in_a_second_stream(
    client: OpenAI, control: ControlClient
) -> None:
    assistant = client.beta.assistants.create(model="gpt-6-luna", tools=[WEATHER])
    asked = {"messages": [{"role": "user", "content": "Weather in Oslo?"}]}
    control.script_answer(calls=[{"name": "get_weather", "arguments": {"city": "Oslo"}}])
    first = list(
        client.beta.threads.create_and_run(assistant_id=assistant.id, thread=asked, stream=True)
    )
    run = first[-1].data

    control.script_answer(deltas=list(PIECES))
    [call] = run.required_action.submit_tool_outputs.tool_calls
    second = list(
        client.beta.threads.runs.submit_tool_outputs(
            run.id,
            thread_id=run.thread_id,
            tool_outputs=[{"tool_call_id": call.id, "output": "rain"}],
            stream=True,
        )
    )

    calls = [*STEP, "run.step.delta", "run.requires_action"]
    assert names(first) == ["created", *BEGINNING, *calls]
    assert names(second) == [
        "run.step.completed", "run.queued", "run.in_progress", *MESSAGE, "run.completed",
    ]  # fmt: skip
    [done] = second[0].data.step_details.tool_calls
    assert done.function.output == "rain"
    assert text_of(second) == "".join(PIECES)


def test_server_side_tool_runs_inside_one_stream(
    stack: Stack, client: OpenAI, control: ControlClient
) -> None:
    control.script_answer(calls=[{"name": "get_table_schema", "arguments": {}}])
    control.script_answer(deltas=list(PIECES))
    thread_id, assistant_id = thread_and_assistant(client, SCHEMA_TOOL)

    events = list(
        client.beta.threads.runs.create(thread_id, assistant_id=assistant_id, stream=True)
    )

    assert names(events) == [
        *BEGINNING, *STEP, "run.step.delta", "run.step.completed", *MESSAGE, "run.completed",
    ]  # fmt: skip


def test_stream_can_be_reopened_after_any_event(client: OpenAI, stack: Stack) -> None:
    """Also after the run's end: each replay continues exactly after its event."""
    thread_id, assistant_id = thread_and_assistant(client)
    run = client.beta.threads.runs.create(thread_id, assistant_id=assistant_id)
    path = f"{stack.base_url}/threads/{thread_id}/runs/{run.id}/stream"

    whole = frames_of(stack, path)
    halves = [
        whole[:number] + frames_of(stack, path, params={"after": frame["id"]})
        for number, frame in enumerate(whole[:-1], start=1)
    ]
    by_header = frames_of(stack, path, headers={"Last-Event-ID": whole[3]["id"]})

    assert [frame["event"] for frame in whole][-2:] == ["thread.run.completed", "done"]
    assert halves == [whole] * len(halves)
    assert by_header == whole[4:]


def test_position_that_is_no_event_is_a_400(client: OpenAI, stack: Stack) -> None:
    thread_id, assistant_id = thread_and_assistant(client)
    run = client.beta.threads.runs.create(thread_id, assistant_id=assistant_id)

    response = httpx2.get(
        f"{stack.base_url}/threads/{thread_id}/runs/{run.id}/stream",
        params={"after": "yesterday"},
        headers={"Authorization": f"Bearer {stack.api_key}"},
    )

    assert (response.status_code, response.json()["error"]["param"]) == (400, "after")


@pytest.mark.parametrize(("status", "code"), [("failed", "server_error"), ("incomplete", None)])
def test_response_that_breaks_off_ends_its_message_and_run(
    client: OpenAI, control: ControlClient, status: str, code: str | None
) -> None:
    """A failed response is not requested again, because its text was sent."""
    error = {"code": "server_error", "message": "overloaded"} if code else None
    reason = None if code else "max_output_tokens"
    control.script_answer(deltas=list(PIECES), status=status, error=error, reason=reason)
    thread_id, assistant_id = thread_and_assistant(client)
    control.hold("delta")
    events: list[Any] = []

    for event in client.beta.threads.runs.create(thread_id, assistant_id=assistant_id, stream=True):
        events.append(event)
        if event.event == "thread.message.in_progress":
            control.release()  # the client has received something of the response

    ended = ["run.step.failed" if code else "run.step.completed", f"run.{status}"]
    assert names(events)[-4:] == ["message.delta", "message.incomplete", *ended]
    assert text_of(events) == "".join(PIECES)
    message = next(event.data for event in events if event.event == "thread.message.incomplete")
    assert message.incomplete_details.reason == ("run_failed" if code else "max_tokens")


def test_cancelled_run_ends_its_stream(client: OpenAI, control: ControlClient) -> None:
    control.script_answer(deltas=list(PIECES))
    control.hold("delta")
    thread_id, assistant_id = thread_and_assistant(client)
    events: list[Any] = []

    for event in client.beta.threads.runs.create(thread_id, assistant_id=assistant_id, stream=True):
        events.append(event)
        if event.event == "thread.message.in_progress":
            control.wait_for_parked(1, "delta")
            [response_id] = control.live()["response"]
            control.release("delta", response_id)
        if event.event == "thread.message.delta":
            client.beta.threads.runs.cancel(events[0].data.id, thread_id=thread_id)

    assert names(events)[-5:] == [
        "message.delta", "run.cancelling", "message.incomplete", "run.step.cancelled",
        "run.cancelled",
    ]  # fmt: skip


def test_refused_request_is_the_same_json_error_as_without_stream(
    client: OpenAI, stack: Stack
) -> None:
    thread_id, _ = thread_and_assistant(client)
    refusals = [
        httpx2.post(
            f"{stack.base_url}/threads/{thread_id}/runs",
            json={"assistant_id": "asst_unknown", "stream": stream},
            headers={"Authorization": f"Bearer {stack.api_key}"},
        )
        for stream in (True, False)
    ]

    assert [refusal.status_code for refusal in refusals] == [404, 404]
    assert refusals[0].json() == refusals[1].json()


def test_same_idempotency_key_streams_the_same_run(client: OpenAI) -> None:
    thread_id, assistant_id = thread_and_assistant(client)

    streams = [
        list(
            client.beta.threads.runs.create(
                thread_id,
                assistant_id=assistant_id,
                stream=True,
                extra_headers={"Idempotency-Key": f"key-of-{thread_id}"},
            )
        )
        for _ in range(2)
    ]

    assert streams[0][0].data.id == streams[1][0].data.id
    assert text_of(streams[0]) == text_of(streams[1]) != ""


def frames_of(stack: Stack, path: str, **request: Any) -> list[dict[str, str]]:
    """Returns all frames of a stream."""
    headers = {"Authorization": f"Bearer {stack.api_key}", **request.pop("headers", {})}
    with httpx2.stream("GET", path, headers=headers, timeout=WAIT_SECONDS, **request) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        return list(Frames(response))
