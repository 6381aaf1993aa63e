"""Runs that are created with everything a body may have, by each kind of caller and path."""

import io
from typing import Any

import pytest
from openai import NotFoundError, OpenAI
from understudy.domain.budgets import Limits

from local.stack import Stack
from tests.e2e.conversations import POLL_MS, ended

LARGE_INSTRUCTIONS = "Be brief. " * 20_000
"""Too large for the table: the bodies of the assistant and of the run are in the bucket."""


@pytest.fixture
def document(client: OpenAI) -> str:
    """Returns the id of a text file."""
    file = client.files.create(file=("heron.txt", io.BytesIO(b"The heron nests in March.")),
                               purpose="assistants")  # fmt: skip
    return file.id


def attachment(file_id: str, *tools: str) -> list[dict[str, Any]]:
    """Returns the file as the attachments of a message."""
    return [{"file_id": file_id, "tools": [{"type": tool} for tool in tools]}]


def test_new_thread_with_files_and_vector_store_is_run(client: OpenAI, document: str) -> None:
    """The files of messages and of tool resources belong to the thread."""
    tools: Any = [{"type": "file_search"}, {"type": "code_interpreter"}]
    assistant = client.beta.assistants.create(model="gpt-4o", tools=tools)
    store = client.vector_stores.create(name="birds", file_ids=[document])
    message: Any = {
        "role": "user",
        "content": "When does the heron nest?",
        "attachments": attachment(document, "file_search", "code_interpreter"),
    }

    run = client.beta.threads.create_and_run_poll(
        assistant_id=assistant.id,
        thread={
            "messages": [message],
            "tool_resources": {
                "file_search": {"vector_store_ids": [store.id]},
                "code_interpreter": {"file_ids": [document]},
            },
        },
        poll_interval_ms=POLL_MS,
    )

    assert run.status == "completed", run.last_error
    resources = client.beta.threads.retrieve(run.thread_id).tool_resources
    assert resources is not None
    assert resources.code_interpreter is not None
    assert resources.code_interpreter.file_ids == [document]


def test_additional_message_with_a_file_creates_the_threads_vector_store(
    client: OpenAI, document: str
) -> None:
    """A file for file search needs a vector store, which the thread does not have yet."""
    assistant = client.beta.assistants.create(model="gpt-4o", tools=[{"type": "file_search"}])
    thread = client.beta.threads.create()
    message: Any = {
        "role": "user",
        "content": "When does the heron nest?",
        "attachments": attachment(document, "file_search"),
    }

    run = client.beta.threads.runs.create_and_poll(
        thread_id=thread.id,
        assistant_id=assistant.id,
        additional_messages=[message],
        poll_interval_ms=POLL_MS,
    )

    assert run.status == "completed", run.last_error
    resources = client.beta.threads.retrieve(thread.id).tool_resources
    assert resources is not None
    assert resources.file_search is not None
    assert len(resources.file_search.vector_store_ids or []) == 1


def test_assistant_with_large_instructions_is_run(client: OpenAI) -> None:
    """The function that creates the run reads the assistant's body from the bucket."""
    assistant = client.beta.assistants.create(model="gpt-4o", instructions=LARGE_INSTRUCTIONS)

    run = client.beta.threads.create_and_run(assistant_id=assistant.id)

    done = ended(client, run)
    assert (done.status, done.instructions) == ("completed", LARGE_INSTRUCTIONS)


def test_rejected_run_frees_its_idempotency_key(client: OpenAI) -> None:
    """The same key creates the run once the assistant exists."""
    headers = {"Idempotency-Key": "run-of-a-missing-assistant"}

    for _ in range(2):
        with pytest.raises(NotFoundError):
            client.beta.threads.create_and_run(assistant_id="asst_missing", extra_headers=headers)


def test_azures_path_creates_a_run_within_a_budget(stack: Stack) -> None:
    """AzureOpenAI puts `/openai` before every path."""
    key = "us-key-of-azures-path"
    limits = Limits(tenant_month_usd=10, run_usd=1)
    stack.add_key(key, "azures-path", limits=limits)

    with OpenAI(base_url=f"{stack.base_url}/openai", api_key=key, max_retries=0) as azure:
        assistant = azure.beta.assistants.create(model="gpt-4o", instructions="Be brief.")
        run = azure.beta.threads.create_and_run(assistant_id=assistant.id)

        assert ended(azure, run).status == "completed"
