"""Files, uploads and vector stores over HTTP with the official SDK."""

import io
import urllib.request

import httpx2
import pytest
from openai import BadRequestError, NotFoundError, OpenAI

from local.ledger import assert_nothing_ownerless, live_objects
from local.stack import Stack
from tests.limits import WAIT_SECONDS

CSV = b"month,revenue\n2026-01,10\n2026-02,30\n2026-03,20\n"
OTHER_KEY = "us-test-key-of-another-tenant"


@pytest.fixture
def other_tenant(stack: Stack) -> OpenAI:
    """A client of a tenant that has nothing to do with the suite's."""
    stack.add_key(OTHER_KEY, "other")
    return OpenAI(base_url=stack.base_url, api_key=OTHER_KEY, max_retries=0)


def test_a_file_lives_from_upload_to_delete(stack: Stack, client: OpenAI) -> None:
    """Upload, list, retrieve, content and delete work as OpenAI's; nothing is left behind."""
    made = client.files.create(file=("Sales.CSV", CSV), purpose="assistants")

    assert (made.filename, made.bytes, made.status) == ("Sales.CSV", len(CSV), "processed")
    assert client.files.retrieve(made.id) == made
    assert next(iter(client.files.list(purpose="assistants"))).id == made.id
    assert client.files.content(made.id).read() == CSV
    assert [each["filename"] for each in live_objects(stack, "file").values()] == ["Sales.csv"]
    assert_nothing_ownerless(stack)

    assert client.files.delete(made.id).deleted

    assert live_objects(stack, "file") == {}
    with pytest.raises(NotFoundError, match="No such File object"):
        client.files.retrieve(made.id)


def test_a_list_goes_from_newest_to_oldest(client: OpenAI) -> None:
    """Pages of a tenant's files follow each other without a gap, newest first."""
    made = [client.files.create(file=(f"{n}.txt", b"x"), purpose="user_data").id for n in range(3)]

    first = client.files.list(limit=2, purpose="user_data")
    rest = client.files.list(limit=2, purpose="user_data", after=first.data[-1].id)

    assert [file.id for file in first.data] == made[:0:-1]
    assert first.has_more
    assert rest.data[0].id == made[0]


def test_another_tenants_file_does_not_exist(client: OpenAI, other_tenant: OpenAI) -> None:
    """Retrieve, content, delete and attaching it all answer as for an id that never was."""
    file = client.files.create(file=("a.txt", b"secret"), purpose="assistants")
    store = other_tenant.vector_stores.create()

    for call in (
        other_tenant.files.retrieve,
        other_tenant.files.content,
        other_tenant.files.delete,
    ):
        with pytest.raises(NotFoundError):
            call(file.id)
    with pytest.raises(BadRequestError):
        other_tenant.vector_stores.files.create(store.id, file_id=file.id)
    with pytest.raises(NotFoundError):
        client.vector_stores.retrieve(store.id)
    assert client.files.retrieve(file.id).id == file.id


def test_a_file_comes_in_parts(client: OpenAI) -> None:
    """An upload of two parts becomes one file of the tenant."""
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


def test_an_upload_can_be_given_up(client: OpenAI, other_tenant: OpenAI) -> None:
    """A cancelled upload stays cancelled, and another tenant cannot even see it."""
    upload = client.uploads.create(
        bytes=5, filename="a.txt", mime_type="text/plain", purpose="assistants"
    )
    with pytest.raises(NotFoundError):
        other_tenant.uploads.cancel(upload.id)

    assert client.uploads.cancel(upload.id).status == "cancelled"


def test_a_large_file_goes_straight_into_the_bucket(stack: Stack, client: OpenAI) -> None:
    """A form for one object takes the bytes; the file is processed once the provider has it."""
    promised = client.post(
        "/files/uploads",
        cast_to=object,
        body={"filename": "big.csv", "purpose": "assistants", "bytes": 64, "mime_type": "text/csv"},
    )
    assert promised["file"]["status"] == "uploaded"

    sent = httpx2.post(promised["url"], data=promised["fields"], files={"file": ("f", CSV)})
    stack.events.drain(WAIT_SECONDS)

    assert sent.status_code in (200, 201, 204)
    file = client.files.retrieve(promised["file"]["id"])
    assert (file.status, file.bytes) == ("processed", len(CSV))
    assert client.files.content(file.id).read() == CSV
    assert_nothing_ownerless(stack)


def test_content_is_handed_out_by_a_short_link(client: OpenAI) -> None:
    """What is not a plain image is an attachment of its own name, and no type is guessed."""
    file = client.files.create(file=("naïve page.html", b"<script>"), purpose="user_data")

    plain = httpx2.get(
        f"{client.base_url}files/{file.id}/content",
        headers={"authorization": f"Bearer {client.api_key}"},
    )

    assert plain.status_code == 302
    assert plain.headers["x-content-type-options"] == "nosniff"
    with urllib.request.urlopen(plain.headers["location"]) as given:
        assert given.headers["content-type"] == "application/octet-stream"
        assert given.headers["content-disposition"].startswith("attachment;")
        assert given.read() == b"<script>"


def test_a_vector_store_is_filled_searched_and_deleted(stack: Stack, client: OpenAI) -> None:
    """All operations on stores, their files and batches work with Understudy's ids only."""
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
