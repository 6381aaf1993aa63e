"""Vector stores of threads that expire, are deleted, or get their files late."""

from typing import Any

import httpx2
import pytest
from openai import NotFoundError, OpenAI
from openai.types.beta.threads import Run

from local.ledger import assert_nothing_ownerless, live_objects
from local.provider.control import ControlClient
from local.stack import Stack
from tests.e2e.conversations import ended
from tests.limits import WAIT_SECONDS

HERON = b"The heron of the north pond nests in March."
EIGHT_DAYS = 8 * 86_400
QUESTION = "According to the file, when does the heron nest?"
MEETING: dict[str, Any] = {"type": "function", "function": {"name": "book_meeting"}}


@pytest.fixture
def librarian(client: OpenAI) -> str:
    """An assistant with file search and a client tool."""
    tools: list[Any] = [{"type": "file_search"}, MEETING]
    return client.beta.assistants.create(model="gpt-4o", tools=tools).id


def ask(client: OpenAI, thread: str, assistant: str, *files: str) -> Run:
    """Asks a question with documents attached, and returns the ended run."""
    attachments: Any = [{"file_id": each, "tools": [{"type": "file_search"}]} for each in files]
    client.beta.threads.messages.create(
        thread, role="user", content=QUESTION, attachments=attachments
    )
    return ended(client, client.beta.threads.runs.create(thread, assistant_id=assistant))


def answer_of(client: OpenAI, run: Run) -> str:
    """Returns the text of the newest message of a completed run."""
    assert run.status == "completed", run.last_error
    return client.beta.threads.messages.list(run.thread_id).data[0].content[0].text.value  # type: ignore[union-attr]


def store_of(client: OpenAI, thread: str) -> str:
    """Returns the id of the thread's own vector store."""
    resources = client.beta.threads.retrieve(thread).tool_resources
    assert resources is not None
    assert resources.file_search is not None
    [store] = resources.file_search.vector_store_ids or []
    return store


def document(client: OpenAI) -> str:
    return client.files.create(file=("heron.md", HERON), purpose="assistants").id


def late_document(client: OpenAI) -> tuple[str, Any]:
    """Returns a file that is not uploaded yet, and the form for it."""
    body = {"filename": "late.md", "purpose": "assistants", "bytes": 99, "mime_type": "text/plain"}
    announced: Any = client.post("/files/uploads", cast_to=object, body=body)
    return announced["file"]["id"], announced


def put(stack: Stack, announced: Any, content: bytes) -> None:
    """Uploads with the form, and waits until the provider has the file."""
    httpx2.post(
        announced["url"],
        data=announced["fields"],
        files={"file": ("f", content)},
        timeout=WAIT_SECONDS,
    )
    stack.events.drain(WAIT_SECONDS)


def waiting(stack: Stack, client: OpenAI, thread: str, assistant: str, *files: str) -> Run:
    """Returns a run that requires action."""
    assert stack.provider is not None
    stack.provider.control.script_answer(calls=[{"name": "book_meeting", "arguments": {}}])
    run = ask(client, thread, assistant, *files)
    assert run.status == "requires_action"
    return run


def submit(client: OpenAI, run: Run) -> Run:
    """Submits an output for the run's only call, and returns the ended run."""
    assert run.required_action is not None
    [call] = run.required_action.submit_tool_outputs.tool_calls
    going_on = client.beta.threads.runs.submit_tool_outputs(
        run.id,
        thread_id=run.thread_id,
        tool_outputs=[{"tool_call_id": call.id, "output": "Booked."}],
    )
    return ended(client, going_on)


def test_expired_vector_store_is_recreated(
    stack: Stack, client: OpenAI, librarian: str, control: ControlClient
) -> None:
    """It expired after a week without use, and is filled with the same files."""
    thread = client.beta.threads.create().id
    ask(client, thread, librarian, document(client))
    [first] = live_objects(stack, "vector_store")
    control.advance_clock(EIGHT_DAYS)

    run = ask(client, thread, librarian)

    assert "March" in answer_of(client, run)
    [second] = live_objects(stack, "vector_store")
    assert second != first
    assert_nothing_ownerless(stack)


def test_vector_store_that_expires_while_the_client_works_is_recreated(
    stack: Stack, client: OpenAI, librarian: str, control: ControlClient
) -> None:
    """The run continues with its files after the submit."""
    thread = client.beta.threads.create().id
    run = waiting(stack, client, thread, librarian, document(client))
    [first] = live_objects(stack, "vector_store")
    control.advance_clock(EIGHT_DAYS)

    assert submit(client, run).status == "completed"

    [second] = live_objects(stack, "vector_store")
    assert second != first
    assert_nothing_ownerless(stack)


def test_file_that_is_uploaded_while_the_client_works_is_searched(
    stack: Stack, client: OpenAI, librarian: str
) -> None:
    """Its record was attached to the message."""
    file_id, announced = late_document(client)
    thread = client.beta.threads.create().id
    run = waiting(stack, client, thread, librarian, file_id)
    put(stack, announced, HERON)

    assert submit(client, run).status == "completed"

    assert [file.id for file in client.vector_stores.files.list(store_of(client, thread))] == [
        file_id
    ]


def test_threads_own_vector_store_can_be_deleted(
    stack: Stack, client: OpenAI, librarian: str
) -> None:
    """Runs continue without it."""
    thread = client.beta.threads.create().id
    ask(client, thread, librarian, document(client))
    store = store_of(client, thread)

    assert client.vector_stores.delete(store).deleted

    with pytest.raises(NotFoundError):
        client.vector_stores.retrieve(store)
    assert live_objects(stack, "vector_store") == {}
    resources = client.beta.threads.retrieve(thread).tool_resources
    assert resources is not None
    assert resources.file_search is not None
    assert resources.file_search.vector_store_ids == []
    assert ask(client, thread, librarian).status == "completed"
