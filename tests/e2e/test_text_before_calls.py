"""What the model writes before a tool call is a message at once, and stays however the run ends."""

from collections.abc import Iterator
from typing import Any

import pytest
from openai import OpenAI
from openai.types.beta.threads import Run

from local.provider.control import ControlClient
from tests.e2e.conversations import SCHEMA_TOOL, ended, start
from tests.limits import WAIT_SECONDS

CLIENT_TOOL = {"type": "function", "function": {"name": "book_meeting", "parameters": {}}}
TEXT = "Let me look."


@pytest.fixture(autouse=True)
def answers_are_scripted(control: ControlClient) -> Iterator[None]:
    yield
    control.reset()


def texts(client: OpenAI, run: Run, **query: Any) -> list[str]:
    """Returns the thread's messages, oldest first."""
    listed = client.beta.threads.messages.list(run.thread_id, order="asc", **query).data
    return [message.content[0].text.value for message in listed]  # type: ignore[union-attr]


def named_messages(client: OpenAI, run: Run) -> list[str]:
    """Reads every message that a step names, by its id; returns the status of their steps."""
    steps = client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id).data
    created: list[Any] = [step for step in steps if step.type == "message_creation"]
    for step in created:
        message_id = step.step_details.message_creation.message_id
        found = client.beta.threads.messages.retrieve(message_id, thread_id=run.thread_id)
        assert (found.run_id, found.role) == (run.id, "assistant")
    return [step.status for step in created]


def asked(client: OpenAI, control: ControlClient, *texts: str) -> Run:
    """Returns a run that waits for its client, after a text of the model."""
    control.script_answer(text=TEXT, calls=[{"name": "book_meeting", "arguments": "{}"}])
    run = ended(client, start(client, *(texts or ("Hello",)), tools=[CLIENT_TOOL]))
    assert run.status == "requires_action"
    return run


def submitted(client: OpenAI, run: Run) -> Run:
    assert run.required_action is not None
    [call] = run.required_action.submit_tool_outputs.tool_calls
    client.beta.threads.runs.submit_tool_outputs(
        run.id,
        thread_id=run.thread_id,
        tool_outputs=[{"tool_call_id": call.id, "output": "done"}],
    )
    return ended(client, run)


def test_text_is_a_message_while_the_client_works(client: OpenAI, control: ControlClient) -> None:
    """By id, in the thread's list and in the list of the run."""
    run = asked(client, control)

    assert texts(client, run) == ["Hello", TEXT]
    assert texts(client, run, run_id=run.id) == [TEXT]
    assert named_messages(client, run) == ["completed"]


def test_text_is_there_once_when_the_run_completes(client: OpenAI, control: ControlClient) -> None:
    """Before the last message, and before the next message of the user."""
    run = asked(client, control)
    control.script_answer(text="Done.")

    assert submitted(client, run).status == "completed"

    client.beta.threads.messages.create(run.thread_id, role="user", content="Thanks")
    assert texts(client, run) == ["Hello", TEXT, "Done.", "Thanks"]
    assert named_messages(client, run) == ["completed", "completed"]


def test_text_survives_a_cancel(client: OpenAI, control: ControlClient) -> None:
    """And no step names a message that does not exist."""
    run = asked(client, control)

    client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)

    assert ended(client, run).status == "cancelled"
    assert texts(client, run) == ["Hello", TEXT]
    assert named_messages(client, run) == ["completed"]


def test_text_survives_a_failure(client: OpenAI, control: ControlClient) -> None:
    """The provider refuses the outputs of the calls."""
    run = asked(client, control)
    control.script_fault(status=400, match={"path": "/v1/responses"}, times=None)

    assert submitted(client, run).status == "failed"

    assert texts(client, run) == ["Hello", TEXT]
    assert named_messages(client, run) == ["completed"]


def test_deleted_text_stays_deleted(client: OpenAI, control: ControlClient) -> None:
    """The end of the run does not write it again."""
    run = asked(client, control)
    [text] = client.beta.threads.messages.list(run.thread_id, run_id=run.id).data
    client.beta.threads.messages.delete(text.id, thread_id=run.thread_id)
    control.script_answer(text="Done.")

    assert submitted(client, run).status == "completed"

    assert texts(client, run) == ["Hello", "Done."]


def test_text_is_a_message_while_server_side_tools_and_the_model_work(
    client: OpenAI, control: ControlClient
) -> None:
    control.script_answer(text=TEXT, calls=[{"name": "get_table_schema", "arguments": "{}"}])
    control.hold("in_progress")
    run = start(client, "Hello", tools=[SCHEMA_TOOL])
    control.wait_for_parked(1, "in_progress", timeout=WAIT_SECONDS)
    [first] = control.counters()["unfinished"]
    control.release("in_progress", first)
    control.wait_for_parked(1, "in_progress", timeout=WAIT_SECONDS)

    assert texts(client, run) == ["Hello", TEXT]
    assert named_messages(client, run) == ["completed"]
    control.release()
    assert ended(client, run).status == "completed"


def test_file_in_the_text_can_be_read_while_the_client_works(
    client: OpenAI, control: ControlClient
) -> None:
    """A cited file is recorded before the message that cites it."""
    citation = {
        "type": "container_file_citation",
        "container_id": "cntr_1",
        "file_id": "cfile_1",
        "filename": "table.csv",
        "start_index": 0,
        "end_index": 3,
    }
    part = {"type": "output_text", "text": TEXT, "annotations": [citation]}
    call = {"type": "function_call", "call_id": "call_1", "name": "book_meeting", "arguments": "{}"}
    message = {"type": "message", "role": "assistant", "content": [part]}
    control.script_answer(output=[message, call])
    run = ended(client, start(client, "Hello", tools=[CLIENT_TOOL]))
    assert run.status == "requires_action"

    [shown] = client.beta.threads.messages.list(run.thread_id, run_id=run.id).data
    [annotation] = shown.content[0].text.annotations  # type: ignore[union-attr]
    file_id = annotation.file_path.file_id  # type: ignore[union-attr]
    assert client.files.retrieve(file_id).filename == "table.csv"
    client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
    assert ended(client, run).status == "cancelled"
    client.beta.threads.delete(run.thread_id)


@pytest.mark.usefixtures("fallback")
def test_text_of_the_fallback_is_a_message_too(client: OpenAI, control: ControlClient) -> None:
    """Chat completions may write a text before their calls as well."""
    control.script_fault(status=500, match={"path": "/v1/responses"}, times=None)
    control.script_answer(text=TEXT, calls=[{"name": "get_table_schema", "arguments": "{}"}])
    control.script_answer(text="Done.")

    run = ended(client, start(client, "Hello", tools=[SCHEMA_TOOL]))

    assert run.status == "completed"
    assert texts(client, run) == ["Hello", TEXT, "Done."]
    assert named_messages(client, run) == ["completed", "completed"]
