"""Responses that Lambda cannot return, with the official SDK."""

from typing import Any

import httpx2
import pytest
from openai import OpenAI

from tests.limits import WAIT_SECONDS

LARGE_TEXT = "x" * 250_000
WORDS = ("invoice " + '"' * 2_000 + " ") * 1_500
"""3 MB of a file; quotes are escaped twice in a response."""


def test_list_of_large_objects_is_returned_in_smaller_pages(client: OpenAI) -> None:
    """The SDK follows `has_more`, so it needs no smaller limit."""
    thread = client.beta.threads.create()
    made = [
        client.beta.threads.messages.create(thread.id, role="user", content=LARGE_TEXT).id
        for _ in range(30)
    ]

    first = client.beta.threads.messages.list(thread.id, limit=100, order="asc")

    assert (first.has_more, len(first.data) < 30) == (True, True)
    assert [message.id for message in first] == made


@pytest.fixture
def stored(client: OpenAI) -> tuple[str, str]:
    """A vector store with a file of 3 MB."""
    file = client.files.create(file=("invoices.txt", WORDS.encode()), purpose="assistants")
    store = client.vector_stores.create(name="large")
    client.vector_stores.files.create_and_poll(file.id, vector_store_id=store.id)
    return store.id, file.id


def test_object_above_lambdas_limit_is_redirected_to_a_link(
    client: OpenAI, stored: tuple[str, str]
) -> None:
    """The SDK follows the redirect without its key. Other clients find the link in the error."""
    store_id, file_id = stored
    url = f"{client.base_url}vector_stores/{store_id}/files/{file_id}/content"
    headers = {"authorization": f"Bearer {client.api_key}"}

    parsed = client.vector_stores.files.content(file_id, vector_store_id=store_id)
    raw = httpx2.get(url, headers=headers, follow_redirects=False, timeout=WAIT_SECONDS)

    assert sum(len(part.text or "") for part in parsed) > 2_900_000
    assert raw.status_code == 303
    assert raw.json()["error"]["code"] == "response_too_large"
    assert httpx2.get(raw.headers["location"], timeout=WAIT_SECONDS).json()["data"]


def test_large_response_is_replayed_for_its_idempotency_key(
    client: OpenAI, stored: tuple[str, str]
) -> None:
    """It is too large for the table."""
    headers = {"Idempotency-Key": "search-for-invoices"}
    search: Any = {"query": "invoice", "max_num_results": 1, "extra_headers": headers}

    first = client.vector_stores.search(stored[0], **search)
    again = client.vector_stores.search(stored[0], **search)

    assert len(first.data[0].content[0].text) > 100_000
    assert again.data == first.data
