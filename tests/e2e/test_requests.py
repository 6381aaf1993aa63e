"""Requests that other suites do not send over HTTP."""

from typing import Any

import httpx2
from openai import OpenAI

from tests.e2e.bucket import CSV
from tests.limits import WAIT_SECONDS


def test_repeated_request_with_the_same_idempotency_key_creates_one_thread(client: OpenAI) -> None:
    """A client that got no response retries, and gets the thread that it created."""
    headers = {"Idempotency-Key": "thread-of-the-shop"}

    first = client.beta.threads.create(metadata={"shop": "1"}, extra_headers=headers)
    again = client.beta.threads.create(metadata={"shop": "1"}, extra_headers=headers)

    assert again == first


def test_rejected_request_frees_its_idempotency_key(client: OpenAI) -> None:
    """The retry is processed as a new request."""
    url = f"{client.base_url}threads/thread_unknown/messages"
    headers = {"authorization": f"Bearer {client.api_key}", "idempotency-key": "message"}
    body = {"role": "user", "content": "Hello"}

    answers = [httpx2.post(url, headers=headers, json=body, timeout=WAIT_SECONDS) for _ in range(2)]

    assert [each.status_code for each in answers] == [404, 404]
    assert "idempotent-replayed" not in answers[1].headers


def test_large_response_of_the_api_function_is_replayed(client: OpenAI) -> None:
    """It is too large for the table, and is replayed unchanged."""
    headers = {"Idempotency-Key": "teacher"}
    fields: Any = {"model": "gpt-4o", "instructions": "Teach. " * 20_000}

    first = client.beta.assistants.create(**fields, extra_headers=headers)
    again = client.beta.assistants.create(**fields, extra_headers=headers)

    assert again == first


def test_threads_of_a_tenant_are_listed_from_newest_to_oldest(client: OpenAI) -> None:
    """The newest thread comes first."""
    made = [client.beta.threads.create().id for _ in range(2)]

    listed: Any = client.get("/threads?limit=2", cast_to=object)

    assert [thread["id"] for thread in listed["data"]] == made[::-1]


def test_files_of_a_deleted_assistant_can_be_deleted(client: OpenAI) -> None:
    """Existing files can be deleted after their last use. Missing ones are ignored."""
    kept, gone = (
        client.files.create(file=(f"{name}.csv", CSV), purpose="assistants").id for name in "ab"
    )
    store = client.vector_stores.create(name="birds", file_ids=[kept])
    assistant = client.beta.assistants.create(
        model="gpt-4o",
        tools=[{"type": "code_interpreter"}, {"type": "file_search"}],
        tool_resources={
            "code_interpreter": {"file_ids": [kept, gone]},
            "file_search": {"vector_store_ids": [store.id]},
        },
    )
    client.files.delete(gone)

    assert client.beta.assistants.delete(assistant.id).deleted

    assert client.files.retrieve(kept).status == "processed"
    assert client.vector_stores.retrieve(store.id).name == "birds"
