"""Files, uploads and vector stores over HTTP with OpenAI's SDK."""

import io
import urllib.request
from typing import Any

import httpx2
import pytest
from openai import BadRequestError, NotFoundError, OpenAI

from local.ledger import assert_nothing_ownerless, live_objects
from local.stack import Stack
from tests.limits import WAIT_SECONDS

CSV = b"month,revenue\n2026-01,10\n2026-02,30\n2026-03,20\n"
LARGE = 5 * 1024 * 1024
OTHER_KEY = "us-test-key-of-another-tenant"


@pytest.fixture
def other_tenant(stack: Stack) -> OpenAI:
    """A client of another tenant."""
    stack.add_key(OTHER_KEY, "other")
    return OpenAI(base_url=stack.base_url, api_key=OTHER_KEY, max_retries=0)


def test_file_is_uploaded_read_and_deleted(stack: Stack, client: OpenAI) -> None:
    """The provider's file is deleted too."""
    made = client.files.create(file=("Sales.CSV", CSV), purpose="assistants")

    assert (made.filename, made.bytes, made.status) == ("Sales.CSV", len(CSV), "processed")
    assert made.expires_at is None
    assert client.files.retrieve(made.id) == made
    assert next(iter(client.files.list(purpose="assistants"))).id == made.id
    assert client.files.content(made.id).read() == CSV
    assert [each["filename"] for each in live_objects(stack, "file").values()] == ["Sales.csv"]
    assert_nothing_ownerless(stack)

    assert client.files.delete(made.id).deleted

    assert live_objects(stack, "file") == {}
    with pytest.raises(NotFoundError, match="No such File object"):
        client.files.retrieve(made.id)


def test_list_is_sorted_from_newest_to_oldest(client: OpenAI) -> None:
    """The pages contain every file once."""
    made = [client.files.create(file=(f"{n}.txt", b"x"), purpose="user_data").id for n in range(3)]

    first = client.files.list(limit=2, purpose="user_data")
    rest = client.files.list(limit=2, purpose="user_data", after=first.data[-1].id)

    assert [file.id for file in first.data] == made[:0:-1]
    assert first.has_more
    assert rest.data[0].id == made[0]


def test_another_tenants_file_is_not_found(client: OpenAI, other_tenant: OpenAI) -> None:
    """Reading, deleting and attaching it get the response for an unknown id."""
    file = client.files.create(file=("a.txt", b"secret"), purpose="assistants")
    store = other_tenant.vector_stores.create()

    for call in (
        other_tenant.files.retrieve,
        other_tenant.files.content,
        other_tenant.files.delete,
    ):
        with pytest.raises(NotFoundError):
            call(file.id)
    with pytest.raises(NotFoundError, match="No such File object"):
        other_tenant.vector_stores.files.create(store.id, file_id=file.id)
    with pytest.raises(NotFoundError, match="No such File object"):
        other_tenant.vector_stores.create(file_ids=[file.id])
    with pytest.raises(NotFoundError):
        client.vector_stores.retrieve(store.id)
    assert client.files.retrieve(file.id).id == file.id


def test_file_is_uploaded_in_parts(client: OpenAI) -> None:
    """Two parts become one file."""
    upload = client.uploads.create(
        bytes=len(CSV), filename="parts.csv", mime_type="text/csv", purpose="assistants"
    )
    parts = [
        client.uploads.parts.create(upload.id, data=io.BytesIO(piece)).id
        for piece in (CSV[:10], CSV[10:])
    ]

    done = client.uploads.complete(upload.id, part_ids=parts)

    assert done.id == upload.id
    assert done.status == "completed"
    assert done.file is not None
    assert client.files.retrieve(done.file.id).bytes == len(CSV)


def test_upload_can_be_cancelled(client: OpenAI, other_tenant: OpenAI) -> None:
    """Another tenant gets a 404."""
    upload = client.uploads.create(
        bytes=5, filename="a.txt", mime_type="text/plain", purpose="assistants"
    )
    with pytest.raises(NotFoundError):
        other_tenant.uploads.cancel(upload.id)

    assert client.uploads.cancel(upload.id).status == "cancelled"


def test_large_file_is_uploaded_into_the_bucket(stack: Stack, client: OpenAI) -> None:
    """The form is valid for one object. The file is processed once the provider has it."""
    announced = client.post(
        "/files/uploads",
        cast_to=object,
        body={"filename": "big.csv", "purpose": "assistants", "bytes": 64, "mime_type": "text/csv"},
    )
    assert announced["file"]["status"] == "uploaded"

    sent = httpx2.post(
        announced["url"], data=announced["fields"], files={"file": ("f", CSV)}, timeout=WAIT_SECONDS
    )
    stack.events.drain(WAIT_SECONDS)

    assert sent.status_code in (200, 201, 204)
    file = client.files.retrieve(announced["file"]["id"])
    assert (file.status, file.bytes) == ("processed", len(CSV))
    assert client.files.content(file.id).read() == CSV
    assert_nothing_ownerless(stack)


def test_small_content_is_returned_and_large_content_is_linked(
    stack: Stack, client: OpenAI
) -> None:
    """OpenAI's .NET library follows no redirects. Only plain images are shown by a browser."""
    small = client.files.create(file=("naïve page.html", b"<script>"), purpose="user_data")
    body = {"filename": "big.csv", "purpose": "assistants", "bytes": LARGE, "mime_type": "text/csv"}
    announced: Any = client.post("/files/uploads", cast_to=object, body=body)
    httpx2.post(
        announced["url"],
        data=announced["fields"],
        files={"file": ("f", b"x" * LARGE)},
        timeout=WAIT_SECONDS,
    )
    stack.events.drain(WAIT_SECONDS)

    plain, linked = (
        httpx2.get(
            f"{client.base_url}files/{file_id}/content",
            headers={"authorization": f"Bearer {client.api_key}"},
        )
        for file_id in (small.id, announced["file"]["id"])
    )

    assert (plain.status_code, plain.content) == (200, b"<script>")
    assert plain.headers["content-type"] == "application/octet-stream"
    assert plain.headers["content-disposition"].startswith("attachment;")
    assert linked.status_code == 302
    for response in (plain, linked):
        assert response.headers["x-content-type-options"] == "nosniff"
    with urllib.request.urlopen(linked.headers["location"]) as given:
        assert given.headers["content-type"] == "text/csv"
        assert given.headers["content-disposition"].startswith("attachment;")
        assert len(given.read()) == LARGE


def test_upload_that_is_completed_twice_is_refused_with_its_own_id(client: OpenAI) -> None:
    """The provider's text has the provider's id."""
    upload = client.uploads.create(
        bytes=1, filename="a.txt", mime_type="text/plain", purpose="assistants"
    )
    part = client.uploads.parts.create(upload.id, data=io.BytesIO(b"x"))
    client.uploads.complete(upload.id, part_ids=[part.id])

    with pytest.raises(BadRequestError, match=upload.id):
        client.uploads.complete(upload.id, part_ids=[part.id])


def test_files_of_vector_stores_have_the_poll_header(client: OpenAI) -> None:
    """Without the header the SDKs wait for five seconds."""
    file = client.files.create(file=("a.txt", b"The heron."), purpose="assistants")
    store = client.vector_stores.create()

    responses = [
        client.vector_stores.files.with_raw_response.create(store.id, file_id=file.id),
        client.vector_stores.files.with_raw_response.retrieve(file.id, vector_store_id=store.id),
        client.vector_stores.file_batches.with_raw_response.create(store.id, file_ids=[file.id]),
    ]

    assert all(int(each.headers["openai-poll-after-ms"]) <= 1000 for each in responses)


def test_vector_store_is_filled_searched_and_deleted(stack: Stack, client: OpenAI) -> None:
    """All operations on vector stores, their files and batches take our ids."""
    first = client.files.create(file=("a.txt", b"The heron nests in March."), purpose="assistants")
    second = client.files.create(file=("b.txt", b"The otter swims at dusk."), purpose="assistants")
    store = client.vector_stores.create(name="birds", file_ids=[first.id], metadata={"k": "v"})
    batch = client.vector_stores.file_batches.create_and_poll(
        store.id, file_ids=[second.id], poll_interval_ms=50
    )

    assert batch.file_counts.completed == 1
    assert {f.id for f in client.vector_stores.files.list(store.id)} == {first.id, second.id}
    in_batch = client.vector_stores.file_batches.list_files(batch.id, vector_store_id=store.id)
    assert [file.id for file in in_batch] == [second.id]
    found = client.vector_stores.search(store.id, query="when does the heron nest?")
    assert found.data[0].file_id == first.id
    changed = client.vector_stores.files.update(
        first.id, vector_store_id=store.id, attributes={"season": "spring"}
    )
    assert changed.attributes == {"season": "spring"}
    assert client.vector_stores.files.content(first.id, vector_store_id=store.id).data
    assert client.vector_stores.update(store.id, name="animals").name == "animals"
    assert client.vector_stores.list(limit=1).data[0].id == store.id

    client.vector_stores.files.delete(second.id, vector_store_id=store.id)
    assert {f.id for f in client.vector_stores.files.list(store.id)} == {first.id}
    assert client.vector_stores.delete(store.id).deleted
    assert live_objects(stack, "vector_store") == {}
    with pytest.raises(NotFoundError):
        client.vector_stores.retrieve(store.id)
