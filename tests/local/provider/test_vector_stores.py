"""Vector stores, and answers from the documents in them."""

from __future__ import annotations

import openai
import pytest
from openai import OpenAI

from local.provider.control import ControlClient
from tests.local.provider.objects import HANDBOOK, citation, store, upload


def test_file_search_answers_from_the_document_and_cites_it(
    client: OpenAI, control: ControlClient
) -> None:
    """The answer quotes the sentence that has most words of the question."""
    store_id = store(client, "handbook.md")
    _wait_until_indexed(client, store_id)

    response = client.responses.create(
        model="gpt-4o",
        input="How many holidays do I have a year?",
        tools=[{"type": "file_search", "vector_store_ids": [store_id]}],
        include=["file_search_call.results"],
    )

    assert response.output_text == "Holidays are 28 days a year."
    assert citation(response).type == "file_citation"
    assert citation(response).filename == "handbook.md"
    assert response.output[0].results[0].filename == "handbook.md"  # type: ignore[union-attr, index]


def test_vector_store_is_searched_and_filtered(client: OpenAI, control: ControlClient) -> None:
    """By attributes of its files; a detached file is not found."""
    store_id = store(client)
    for year in ("2025", "2026"):
        client.vector_stores.files.create_and_poll(
            vector_store_id=store_id,
            file_id=upload(client, f"{year}.md", HANDBOOK, "assistants"),
            attributes={"year": year},
            poll_interval_ms=10,
        )

    found = client.vector_stores.search(
        store_id, query="office opens", filters={"type": "eq", "key": "year", "value": "2026"}
    ).data

    assert [result.filename for result in found] == ["2026.md"]
    client.vector_stores.files.delete(found[0].file_id, vector_store_id=store_id)
    remaining = client.vector_stores.search(store_id, query="office opens").data
    assert [result.filename for result in remaining] == ["2025.md"]


def test_batch_attaches_many_files(client: OpenAI, control: ControlClient) -> None:
    """An unsupported file fails. Each indexed file uses its bytes and 1,024 more."""
    store_id = store(client)
    ids = [upload(client, name, HANDBOOK, "assistants") for name in ("a.md", "b.txt", "c.zip")]

    batch = client.vector_stores.file_batches.create_and_poll(
        store_id, file_ids=ids, poll_interval_ms=10
    )

    assert (batch.status, batch.file_counts.completed, batch.file_counts.failed) == (
        "completed",
        2,
        1,
    )
    usage = client.vector_stores.retrieve(store_id).usage_bytes
    assert usage == 2 * (len(HANDBOOK) + 1024)
    failed = client.vector_stores.file_batches.list_files(
        batch.id, vector_store_id=store_id, filter="failed"
    ).data
    assert failed[0].last_error is not None
    assert failed[0].last_error.code == "unsupported_file"


def test_unused_vector_store_expires(client: OpenAI, control: ControlClient) -> None:
    """Its status is expired, and it cannot be searched."""
    made = client.vector_stores.create(expires_after={"anchor": "last_active_at", "days": 1})

    control.advance_clock(86_400)

    assert client.vector_stores.retrieve(made.id).status == "expired"
    with pytest.raises(openai.BadRequestError, match="expired"):
        client.vector_stores.search(made.id, query="anything")


def _wait_until_indexed(client: OpenAI, store_id: str) -> None:
    for file in client.vector_stores.files.list(store_id):
        client.vector_stores.files.poll(file.id, vector_store_id=store_id, poll_interval_ms=10)
