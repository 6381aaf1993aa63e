"""Vector stores of threads that die, are deleted, or get their files late."""

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
    """An assistant that searches files and may ask its client for something."""
    tools: list[Any] = [{"type": "file_search"}, MEETING]
    return client.beta.assistants.create(model="gpt-4o", tools=tools).id


def ask(client: OpenAI, thread: str, assistant: str, *files: str) -> Run:
    """A question, with documents to search for its answer, and its run."""
    attachments: Any = [{"file_id": each, "tools": [{"type": "file_search"}]} for each in files]
    client.beta.threads.messages.create(
        thread, role="user", content=QUESTION, attachments=attachments
    )
    return ended(client, client.beta.threads.runs.create(thread, assistant_id=assistant))


def answer_of(client: OpenAI, run: Run) -> str:
    """The newest message, once the run is completed."""
    assert run.status == "completed", run.last_error
    return client.beta.threads.messages.list(run.thread_id).data[0].content[0].text.value  # type: ignore[union-attr]


def store_of(client: OpenAI, thread: str) -> str:
    """The id of the thread's own store."""
    resources = client.beta.threads.retrieve(thread).tool_resources
    assert resources is not None
    assert resources.file_search is not None
    [store] = resources.file_search.vector_store_ids or []
    return store


def document(client: OpenAI) -> str:
    return client.files.create(file=("heron.md", HERON), purpose="assistants").id


def late_document(client: OpenAI) -> tuple[str, Any]:
    """A file that is promised, and the form that takes it."""
    body = {"filename": "late.md", "purpose": "assistants", "bytes": 99, "mime_type": "text/plain"}
    promised: Any = client.post("/files/uploads", cast_to=object, body=body)
    return promised["file"]["id"], promised


def put(stack: Stack, promised: Any, content: bytes) -> None:
    """Fills the form in, and waits until the provider has the file."""
    httpx2.post(promised["url"], data=promised["fields"], files={"file": ("f", content)})
    stack.events.drain(WAIT_SECONDS)


def waiting(stack: Stack, client: OpenAI, thread: str, assistant: str, *files: str) -> Run:
    """A run that waits for its client's output."""
    assert stack.provider is not None
    stack.provider.control.script_answer(calls=[{"name": "book_meeting", "arguments": {}}])
    run = ask(client, thread, assistant, *files)
    assert run.status == "requires_action"
    return run


def submit(client: OpenAI, run: Run) -> Run:
    """Answers the run's only call."""
    assert run.required_action is not None
    [call] = run.required_action.submit_tool_outputs.tool_calls
    going_on = client.beta.threads.runs.submit_tool_outputs(
        run.id,
        thread_id=run.thread_id,
        tool_outputs=[{"tool_call_id": call.id, "output": "Booked."}],
    )
    return ended(client, going_on)


def test_a_store_that_died_of_disuse_is_made_again(
    stack: Stack, client: OpenAI, librarian: str, control: ControlClient
) -> None:
    """After a week without a question the next one is answered from the same files."""
    thread = client.beta.threads.create().id
    ask(client, thread, librarian, document(client))
    [first] = live_objects(stack, "vector_store")
    control.advance_clock(EIGHT_DAYS)

    run = ask(client, thread, librarian)

    assert "March" in answer_of(client, run)
    [second] = live_objects(stack, "vector_store")
    assert second != first
    assert_nothing_ownerless(stack)


def test_a_store_that_died_while_the_client_worked_is_made_again(
    stack: Stack, client: OpenAI, librarian: str, control: ControlClient
) -> None:
    """The run goes on with its files when the client submits at last."""
    thread = client.beta.threads.create().id
    run = waiting(stack, client, thread, librarian, document(client))
    [first] = live_objects(stack, "vector_store")
    control.advance_clock(EIGHT_DAYS)

    assert submit(client, run).status == "completed"

    [second] = live_objects(stack, "vector_store")
    assert second != first
    assert_nothing_ownerless(stack)


def test_a_file_that_comes_while_the_client_works_is_searched(
    stack: Stack, client: OpenAI, librarian: str
) -> None:
    """It was promised when its message was written."""
    file_id, promised = late_document(client)
    thread = client.beta.threads.create().id
    run = waiting(stack, client, thread, librarian, file_id)
    put(stack, promised, HERON)

    assert submit(client, run).status == "completed"

    assert [file.id for file in client.vector_stores.files.list(store_of(client, thread))] == [
        file_id
    ]


def test_a_threads_own_store_can_be_deleted(stack: Stack, client: OpenAI, librarian: str) -> None:
    """Runs go on without it, and nothing of it is left when the thread goes."""
    thread = client.beta.threads.create().id
    ask(client, thread, librarian, document(client))
    store = store_of(client, thread)

    assert client.vector_stores.delete(store).deleted

    with pytest.raises(NotFoundError):
        client.vector_stores.retrieve(store)
    assert live_objects(stack, "vector_store") == {}
    assert ask(client, thread, librarian).status == "completed"
