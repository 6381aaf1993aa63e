"""Requests on the API that other suites do not make over HTTP."""

from typing import Any

import httpx2
from openai import OpenAI

from tests.e2e.bucket import CSV


def test_a_thread_is_made_once_for_a_key(client: OpenAI) -> None:
    """A client that saw no answer asks again, and gets the thread that it made."""
    headers = {"Idempotency-Key": "thread-of-the-shop"}

    first = client.beta.threads.create(metadata={"shop": "1"}, extra_headers=headers)
    again = client.beta.threads.create(metadata={"shop": "1"}, extra_headers=headers)

    assert again == first


def test_a_refused_request_leaves_its_key_free(client: OpenAI) -> None:
    """The second one is served anew."""
    url = f"{client.base_url}threads/thread_unknown/messages"
    headers = {"authorization": f"Bearer {client.api_key}", "idempotency-key": "message"}
    body = {"role": "user", "content": "Hello"}

    answers = [httpx2.post(url, headers=headers, json=body) for _ in range(2)]

    assert [each.status_code for each in answers] == [404, 404]
    assert "idempotent-replayed" not in answers[1].headers


def test_a_large_answer_is_given_again(client: OpenAI) -> None:
    """One that is too large for the table is replayed whole."""
    headers = {"Idempotency-Key": "teacher"}
    fields: Any = {"model": "gpt-4o", "instructions": "Teach. " * 20_000}

    first = client.beta.assistants.create(**fields, extra_headers=headers)
    again = client.beta.assistants.create(**fields, extra_headers=headers)

    assert again == first


def test_threads_of_a_tenant_are_listed(client: OpenAI) -> None:
    """Newest first."""
    made = [client.beta.threads.create().id for _ in range(2)]

    listed: Any = client.get("/threads?limit=2", cast_to=object)

    assert [thread["id"] for thread in listed["data"]] == made[::-1]


def test_a_deleted_assistant_lets_its_files_go(client: OpenAI) -> None:
    """Those that are there can be deleted with their last use; those gone do not matter."""
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
