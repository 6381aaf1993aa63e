"""Files and uploads: bytes in, bytes out, on disk all the while."""

from __future__ import annotations

import io
import os
from typing import Any

import openai
import pytest
from openai import OpenAI
from PIL import Image

from local.provider.control.client import ControlClient
from tests.local.provider.objects import upload


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


def test_a_big_upload_does_not_stay_in_memory(client: OpenAI, control: ControlClient) -> None:
    """64 MB go to disk; the server grows by a fraction of that."""
    before = control.counters()["peak_memory_kilobytes"]

    made = client.files.create(file=("big.bin", os.urandom(64 * 1024 * 1024)), purpose="user_data")

    assert made.bytes == 64 * 1024 * 1024
    assert control.counters()["peak_memory_kilobytes"] - before < 24 * 1024
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
