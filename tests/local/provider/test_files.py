"""Files and uploads; their bytes are on disk."""

from __future__ import annotations

import http.client
import json
import tracemalloc
from urllib.parse import urlsplit

import openai
import pytest
from openai import OpenAI

from local.provider.control import ControlClient
from local.provider.server import FakeProvider
from tests.limits import WAIT_SECONDS
from tests.local.provider.objects import upload


def test_file_is_uploaded_listed_read_and_deleted(client: OpenAI, control: ControlClient) -> None:
    """The ledger records each step."""
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


def test_file_expires(client: OpenAI, control: ControlClient) -> None:
    """When the clock passes `expires_at`."""
    client.files.create(
        file=("notes.txt", b"hello"),
        purpose="user_data",
        expires_after={"anchor": "created_at", "seconds": 3600},
    )

    control.advance_clock(3601)

    assert list(client.files.list()) == []
    assert control.live() == {}


def test_file_of_purpose_assistants_cannot_be_downloaded(client: OpenAI) -> None:
    file_id = upload(client, "notes.txt", b"hello", "assistants")

    with pytest.raises(openai.BadRequestError, match="purpose: assistants"):
        client.files.content(file_id)


def test_large_upload_is_not_held_in_memory(server: FakeProvider, control: ControlClient) -> None:
    """Server and client in this process allocate a fraction of the file's 64 MB."""
    head = (
        b'--x\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nuser_data\r\n--x\r\n'
        b'Content-Disposition: form-data; name="file"; filename="big.bin"\r\n\r\n'
    )
    blocks, tail = [bytes(1024 * 1024)] * 64, b"\r\n--x--\r\n"
    length = len(head) + 64 * 1024 * 1024 + len(tail)
    parts = urlsplit(server.base_url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=WAIT_SECONDS)
    headers = {
        "authorization": f"Bearer {server.key}",
        "content-type": "multipart/form-data; boundary=x",
        "content-length": str(length),
    }
    tracemalloc.start()
    try:
        connection.request("POST", "/v1/files", iter([head, *blocks, tail]), headers)
        made = json.loads(connection.getresponse().read())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        connection.close()

    assert made["bytes"] == 64 * 1024 * 1024
    assert peak < 24 * 1024 * 1024


def test_upload_in_parts_becomes_one_file(client: OpenAI) -> None:
    """The order of `part_ids` decides, not the order of sending."""
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


def test_upload_with_missing_bytes_is_refused(client: OpenAI) -> None:
    made = client.uploads.create(
        bytes=10, filename="parts.txt", mime_type="text/plain", purpose="user_data"
    )
    part = client.uploads.parts.create(made.id, data=b"hello")

    with pytest.raises(openai.BadRequestError, match="expected 10 bytes"):
        client.uploads.complete(made.id, part_ids=[part.id])
    assert client.uploads.cancel(made.id).status == "cancelled"
