"""Streams of runs with files, code, refusals and outages, and streams for Azure's clients."""

import re
from typing import Any

import pytest
from openai import OpenAI

from local.provider.control import ControlClient
from local.stack import Stack
from tests.contract.test_docs import blocks
from tests.e2e.test_files_in_runs import CSV, attached
from tests.e2e.test_streams import BEGINNING, MESSAGE, STEP, names, text_of, thread_and_assistant

HANDBOOK = b"The harbour of Oslo opens at six in the morning."
MARKER = re.compile("【[^】]*】")
HOSTED = [*STEP, "run.step.delta", "run.step.completed"]


def streamed(client: OpenAI, thread_id: str, assistant_id: str) -> list[Any]:
    runs = client.beta.threads.runs
    return list(runs.create(thread_id, assistant_id=assistant_id, stream=True))


def asked(client: OpenAI, tool: str, name: str, content: bytes, question: str) -> tuple[str, str]:
    """Returns a thread with a question about a file, and an assistant with the tool."""
    assistant = client.beta.assistants.create(model="gpt-4o", tools=[{"type": tool}])  # type: ignore[list-item]
    file = client.files.create(file=(name, content), purpose="assistants")
    thread = client.beta.threads.create()
    client.beta.threads.messages.create(
        thread.id, role="user", content=question, attachments=attached(file.id, tool)
    )
    return thread.id, assistant.id


def test_citation_is_streamed_with_our_file_id_and_the_text_is_the_stored_one(
    client: OpenAI,
) -> None:
    question = "When does the harbour open? Search the file."
    thread_id, assistant_id = asked(client, "file_search", "harbour.txt", HANDBOOK, question)

    events = streamed(client, thread_id, assistant_id)

    assert names(events) == [*BEGINNING, *HOSTED, *MESSAGE, "run.completed"]
    [message] = client.beta.threads.messages.list(thread_id, limit=1).data
    text = message.content[0].text  # type: ignore[union-attr]
    assert MARKER.sub("", text_of(events)) == MARKER.sub("", text.value)
    assert len(MARKER.findall(text_of(events))) == len(text.annotations) > 0
    cited = [
        annotation.file_citation.file_id
        for event in events
        if event.event == "thread.message.delta"
        for part in event.data.delta.content
        for annotation in part.text.annotations or []
    ]
    assert cited == [each.file_citation.file_id for each in text.annotations]
    assert client.files.retrieve(cited[0]).filename == "harbour.txt"


def test_code_and_its_image_are_streamed_and_the_image_follows_the_text(client: OpenAI) -> None:
    thread_id, assistant_id = asked(
        client, "code_interpreter", "sales.csv", CSV, "Draw a chart of the data."
    )

    events = streamed(client, thread_id, assistant_id)

    code = "".join(
        call.code_interpreter.input or ""
        for event in events
        if event.event == "thread.run.step.delta"
        for call in event.data.delta.step_details.tool_calls
    )
    [done] = [e.data for e in events if e.event == "thread.run.step.completed"][:-1]
    assert code == done.step_details.tool_calls[0].code_interpreter.input != ""
    message = next(e.data for e in events if e.event == "thread.message.completed")
    assert [part.type for part in message.content] == ["text", "image_file"]
    deltas = [e.data.delta.content for e in events if e.event == "thread.message.delta"]
    assert [(parts[0].index, parts[0].type) for parts in deltas][-1] == (1, "image_file")
    assert text_of(events) == message.content[0].text.value


def test_refusal_is_streamed(client: OpenAI, control: ControlClient) -> None:
    control.script_answer(refusal="I cannot help with that.")
    thread_id, assistant_id = thread_and_assistant(client)

    events = streamed(client, thread_id, assistant_id)

    refused = "".join(
        part.refusal
        for event in events
        if event.event == "thread.message.delta"
        for part in event.data.delta.content
    )
    assert refused == "I cannot help with that."
    assert events[-1].event == "thread.run.completed"


@pytest.mark.usefixtures("fallback")
def test_fallback_appears_in_the_stream_as_a_message(
    client: OpenAI, control: ControlClient
) -> None:
    control.script_fault(status=500, match={"path": "/v1/responses"}, times=None)
    thread_id, assistant_id = thread_and_assistant(client, text="My name is Ada. Who am I?")

    events = streamed(client, thread_id, assistant_id)

    assert names(events) == [*BEGINNING, *MESSAGE, "run.completed"]
    assert "Ada" in text_of(events)
    assert events[-1].data.metadata == {"degraded": "true"}


@pytest.mark.usefixtures("fallback")
def test_message_that_an_outage_breaks_off_is_incomplete_and_another_follows(
    client: OpenAI, control: ControlClient
) -> None:
    """The text that was sent is not taken back."""
    control.script_answer(deltas=["The heron ", "nests ", "in March."])
    control.hold("delta")
    thread_id, assistant_id = thread_and_assistant(client, text="My name is Ada. Who am I?")
    events: list[Any] = []

    for event in client.beta.threads.runs.create(thread_id, assistant_id=assistant_id, stream=True):
        events.append(event)
        if event.event == "thread.message.in_progress" and not text_of(events):
            control.wait_for_parked(1, "delta")
            [response_id] = control.live()["response"]
            control.release("delta", response_id)
        if event.event == "thread.message.delta" and text_of(events) == "The heron ":
            control.script_fault(status=500, match={"path": "/v1/responses"}, times=None)

    broken = [*MESSAGE[:5], "message.incomplete", "run.step.failed"]
    assert names(events) == [*BEGINNING, *broken, *MESSAGE, "run.completed"]
    assert text_of(events).startswith("The heron ")
    [message] = client.beta.threads.messages.list(thread_id, limit=1).data
    assert "Ada" in message.content[0].text.value  # type: ignore[union-attr]


def test_azures_path_streams(stack: Stack) -> None:
    with OpenAI(base_url=f"{stack.base_url}/openai", api_key=stack.api_key) as azure:
        thread_id, assistant_id = thread_and_assistant(azure)

        assert names(streamed(azure, thread_id, assistant_id)) == [
            *BEGINNING, *MESSAGE, "run.completed",
        ]  # fmt: skip


def test_documented_code_streams(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    [code] = blocks("streaming.md", "python")
    here = code.replace("http://127.0.0.1:8080/v1", stack.base_url)

    exec(here.replace("us-local-key", stack.api_key), {})

    assert "Ada" in capsys.readouterr().out
