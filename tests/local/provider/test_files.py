"""Files, uploads, containers and vector stores, and the hosted tools that use them."""

from __future__ import annotations

import io
import os
from typing import Any

import openai
import psutil
import pytest
from openai import OpenAI
from PIL import Image

from local.provider.control.client import ControlClient
from local.provider.process import ProviderProcess

CSV = b"region,amount\nNorth,10\nSouth,30\nNorth,25\n"
HANDBOOK = b"# Handbook\n\nHolidays are 28 days a year.\n\nThe office opens at eight."
CODE: list[Any] = [{"type": "code_interpreter", "container": {"type": "auto"}}]


def upload(client: OpenAI, name: str, content: bytes, purpose: Any = "user_data") -> str:
    return client.files.create(file=(name, content), purpose=purpose).id


def chart(client: OpenAI, **settings: Any) -> Any:
    file_id = upload(client, "sales.csv", CSV)
    content = [
        {"type": "input_text", "text": "Draw a bar chart of amount by region."},
        {"type": "input_file", "file_id": file_id},
    ]
    history: Any = [{"role": "user", "content": content}]
    return client.responses.create(model="gpt-4o", input=history, tools=CODE, **settings)


def citation(response: Any) -> Any:
    return response.output[-1].content[0].annotations[0]


def store(client: OpenAI, control: ControlClient, *names: str) -> str:
    ids = [upload(client, name, HANDBOOK, "assistants") for name in names]
    made = client.vector_stores.create(name="docs", file_ids=ids)
    return made.id


def test_a_file_lives_from_upload_to_delete(client: OpenAI, control: ControlClient) -> None:
    """Upload, list, content, delete; the ledger follows."""
    made = client.files.create(
        file=("notes.txt", b"hello"),
        purpose="user_data",
        expires_after={"anchor": "created_at", "seconds": 3600},
    )

    assert (made.bytes, made.filename, made.status) == (5, "notes.txt", "processed")
    assert made.expires_at == made.created_at + 3600
    assert client.files.content(made.id).read() == b"hello"
    assert [file.id for file in client.files.list()] == [made.id]
    client.files.delete(made.id)
    with pytest.raises(openai.NotFoundError, match="No such File object"):
        client.files.retrieve(made.id)
    actions = [event["action"] for event in control.events(kind="file")]
    assert actions == ["created", "downloaded", "deleted"]


def test_a_file_expires_when_its_time_is_over(client: OpenAI, control: ControlClient) -> None:
    """The clock is moved, not waited for."""
    client.files.create(
        file=("notes.txt", b"hello"),
        purpose="user_data",
        expires_after={"anchor": "created_at", "seconds": 3600},
    )

    control.advance_clock(3601)

    assert list(client.files.list()) == []
    assert control.live() == {}


def test_inputs_of_assistants_cannot_be_downloaded(client: OpenAI) -> None:
    """Their content is refused, as OpenAI refuses it."""
    file_id = upload(client, "notes.txt", b"hello", "assistants")

    with pytest.raises(openai.BadRequestError, match="purpose: assistants"):
        client.files.content(file_id)


def test_a_big_upload_does_not_stay_in_memory(client: OpenAI, process: ProviderProcess) -> None:
    """64 MB go to disk; the server grows by a fraction of that."""
    server = psutil.Process(process._process.pid)
    before = server.memory_info().rss

    made = client.files.create(file=("big.bin", os.urandom(64 * 1024 * 1024)), purpose="user_data")

    assert made.bytes == 64 * 1024 * 1024
    assert server.memory_info().rss - before < 24 * 1024 * 1024
    client.files.delete(made.id)


def test_an_upload_in_parts_becomes_one_file(client: OpenAI) -> None:
    """The order of `part_ids` is the order of the bytes, not that of sending."""
    made = client.uploads.create(
        bytes=10, filename="parts.txt", mime_type="text/plain", purpose="user_data"
    )
    second = client.uploads.parts.create(made.id, data=b"world")
    first = client.uploads.parts.create(made.id, data=b"hello")

    done = client.uploads.complete(made.id, part_ids=[first.id, second.id])

    assert done.file is not None
    assert client.files.content(done.file.id).read() == b"helloworld"
    with pytest.raises(openai.BadRequestError, match="completed"):
        client.uploads.cancel(made.id)


def test_an_upload_with_missing_bytes_is_refused(client: OpenAI) -> None:
    """The sizes must add up."""
    made = client.uploads.create(
        bytes=10, filename="parts.txt", mime_type="text/plain", purpose="user_data"
    )
    part = client.uploads.parts.create(made.id, data=b"hello")

    with pytest.raises(openai.BadRequestError, match="expected 10 bytes"):
        client.uploads.complete(made.id, part_ids=[part.id])
    assert client.uploads.cancel(made.id).status == "cancelled"


def test_a_chart_is_drawn_from_the_data_and_cited(client: OpenAI) -> None:
    """Code interpreter leaves a PNG in its container; the message cites it."""
    response = chart(client)

    cited = citation(response)
    png = client.containers.files.content.retrieve(cited.file_id, container_id=cited.container_id)
    image = Image.open(io.BytesIO(png.read()))
    assert (image.format, image.size) == ("PNG", (640, 400))
    assert len(image.convert("RGB").getcolors(maxcolors=100_000) or []) > 2
    assert "North with 35" in response.output_text
    text = response.output_text
    assert text[cited.start_index : cited.end_index] == f"sandbox:/mnt/data/{cited.filename}"
    sources = {f.source for f in client.containers.files.list(cited.container_id)}
    assert sources == {"user", "assistant"}


def test_outputs_of_code_are_shown_only_when_included(client: OpenAI) -> None:
    """Without `include` they are null."""
    bare, full = chart(client), chart(client, include=["code_interpreter_call.outputs"])

    assert bare.output[0].outputs is None
    assert "amount: sum 65" in full.output[0].outputs[0].logs


def test_a_container_dies_after_twenty_idle_minutes(client: OpenAI, control: ControlClient) -> None:
    """Nothing in it can be had any more, and a new response gets a new container."""
    first = chart(client)
    cited = citation(first)

    control.advance_clock(20 * 60)

    with pytest.raises(openai.BadRequestError, match="Container is expired."):
        client.containers.files.content.retrieve(cited.file_id, container_id=cited.container_id)
    assert client.containers.retrieve(cited.container_id).status == "expired"
    with pytest.raises(openai.BadRequestError, match="Container is expired."):
        client.responses.create(
            model="gpt-4o",
            input="Draw a chart",
            tools=[{"type": "code_interpreter", "container": cited.container_id}],
        )
    again = client.responses.create(
        model="gpt-4o", input="Draw it as a chart again", tools=CODE, previous_response_id=first.id
    )
    assert citation(again).container_id != cited.container_id


def test_a_running_container_is_used_again_within_a_conversation(client: OpenAI) -> None:
    """State carries on while the container lives."""
    first = chart(client)

    again = client.responses.create(
        model="gpt-4o", input="And a line chart of it", tools=CODE, previous_response_id=first.id
    )

    assert citation(again).container_id == citation(first).container_id


def test_a_table_can_be_written_to_a_file(client: OpenAI) -> None:
    """Asked to save a CSV, code interpreter leaves one with the sums of the data."""
    container = client.containers.create(name="work", file_ids=[upload(client, "s.csv", CSV)])

    response = client.responses.create(
        model="gpt-4o",
        input="Analyse amount by region and save the result as a csv file",
        tools=[{"type": "code_interpreter", "container": container.id}],
    )

    cited = citation(response)
    content = client.containers.files.content.retrieve(cited.file_id, container_id=container.id)
    assert content.read() == b"label,value\nNorth,35\nSouth,30\n"


def test_containers_and_their_files_can_be_deleted(client: OpenAI, control: ControlClient) -> None:
    """A deleted container takes its files with it."""
    container = client.containers.create(name="work")
    file = client.containers.files.create(container.id, file=("a.txt", b"abc"))
    assert client.containers.files.retrieve(file.id, container_id=container.id).bytes == 3

    client.containers.delete(container.id)

    with pytest.raises(openai.NotFoundError):
        client.containers.retrieve(container.id)
    assert control.live() == {}


def test_file_search_answers_from_the_document_and_cites_it(
    client: OpenAI, control: ControlClient
) -> None:
    """The sentence that answers is quoted, with the file that it stands in."""
    store_id = store(client, control, "handbook.md")
    control.wait_for_objects(1, kind="vector_store.file", action="created")
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


def test_a_store_is_searched_filtered_and_emptied(client: OpenAI, control: ControlClient) -> None:
    """Attributes filter a search; a detached file is not found any more."""
    store_id = store(client, control)
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


def test_a_batch_attaches_many_files(client: OpenAI, control: ControlClient) -> None:
    """Counts go from in progress to completed; what cannot be read has failed."""
    store_id = store(client, control)
    ids = [upload(client, name, HANDBOOK, "assistants") for name in ("a.md", "b.txt", "c.zip")]

    batch = client.vector_stores.file_batches.create_and_poll(
        store_id, file_ids=ids, poll_interval_ms=10
    )

    assert (batch.status, batch.file_counts.completed, batch.file_counts.failed) == (
        "completed",
        2,
        1,
    )
    failed = client.vector_stores.file_batches.list_files(
        batch.id, vector_store_id=store_id, filter="failed"
    ).data
    assert failed[0].last_error is not None
    assert failed[0].last_error.code == "unsupported_file"


def test_an_unused_store_expires(client: OpenAI, control: ControlClient) -> None:
    """Its status says so, and it cannot be searched."""
    made = client.vector_stores.create(expires_after={"anchor": "last_active_at", "days": 1})

    control.advance_clock(86_400)

    assert client.vector_stores.retrieve(made.id).status == "expired"
    with pytest.raises(openai.BadRequestError, match="expired"):
        client.vector_stores.search(made.id, query="anything")


def test_an_image_is_looked_at(client: OpenAI) -> None:
    """Size, format and main colour come from the bytes."""
    buffer = io.BytesIO()
    Image.new("RGB", (32, 16), (220, 30, 30)).save(buffer, "PNG")
    file_id = upload(client, "red.png", buffer.getvalue(), "vision")
    content = [
        {"type": "input_text", "text": "What is in this image?"},
        {"type": "input_image", "file_id": file_id, "detail": "auto"},
    ]
    history: Any = [{"role": "user", "content": content}]

    response = client.responses.create(model="gpt-4o", input=history)

    assert response.output_text == "The image is a PNG of 32 x 16 pixels, mostly red."


def _wait_until_indexed(client: OpenAI, store_id: str) -> None:
    for file in client.vector_stores.files.list(store_id):
        client.vector_stores.files.poll(file.id, vector_store_id=store_id, poll_interval_ms=10)
