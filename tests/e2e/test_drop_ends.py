"""Dropped files without an answer, and dropped files that are deleted."""

from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any

import pytest
from openai import OpenAI
from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.table import Write

from local.aws.calls import Call
from local.aws.recorder import Answer
from local.ledger import assert_nothing_ownerless, live_objects
from local.provider.control import ControlClient
from local.stack import Stack
from tests.e2e.bucket import Bucket

TENANT = "local"
UPLOADS = "UploadFileFunction"

After = Callable[[str, str, Callable[[], None]], None]


@pytest.fixture
def metadata(client: OpenAI) -> dict[str, str]:
    """Metadata of an object that starts a run."""
    assistant = client.beta.assistants.create(model="gpt-4o", instructions="Analyse data.")
    return {"assistant-id": assistant.id, "message": "Analyse."}


@pytest.fixture
def busy(
    bucket: Bucket, user: str, metadata: dict[str, str], control: ControlClient
) -> Iterator[None]:
    """A run on a first dropped file is active until the provider is released."""
    control.hold("in_progress")
    bucket.put(f"drop/{TENANT}/{user}/any/first.csv", **metadata)
    bucket.settle()
    yield
    control.release()
    bucket.settle()


@pytest.fixture
def after(stack: Stack) -> Iterator[After]:
    """Runs an action once, right after a function's next call of an operation has succeeded."""
    planned: dict[tuple[str, str], Callable[[], None]] = {}

    def heard(call: Call, answer: Answer) -> None:
        if answer.status == HTTPStatus.OK:
            planned.pop((call.caller.name, call.operation), lambda: None)()

    def plan(function: str, operation: str, then: Callable[[], None]) -> None:
        planned[function, operation] = then

    stack.aws.listen(heard)
    yield plan
    planned.clear()


def threads_of(client: OpenAI, user: str) -> list[str]:
    """Returns the ids of the user's threads."""
    found: Any = client.get(f"/users/{user}/threads", cast_to=object)
    return [thread["id"] for thread in found["data"]]


def newest_file(client: OpenAI) -> str:
    return client.files.list(limit=1).data[0].id


def lapse(stack: Stack, thread: str) -> None:
    """Expires the thread, before DynamoDB removes it."""
    place = keys.thread(TENANT, thread)
    stack.table().write(
        Write(key=place, assign={"expires_at": 1}, condition="attribute_exists(pk)")
    )


def test_unknown_assistant_is_reported(bucket: Bucket, user: str) -> None:
    """The report is below the object's prefix."""
    bucket.put(f"drop/{TENANT}/{user}/any/a.csv", **{"assistant-id": "asst_unknown"})

    text = bucket.wait_for(f"answers/{TENANT}/{user}/any/a.csv/answer.md")

    assert b"No assistant found with id 'asst_unknown'." in text


@pytest.mark.usefixtures("busy")
def test_unknown_assistant_is_reported_after_waiting(
    bucket: Bucket, user: str, control: ControlClient
) -> None:
    """The file is admitted when the run before it has ended."""
    bucket.put(f"drop/{TENANT}/{user}/any/a.csv", **{"assistant-id": "asst_unknown"})
    bucket.settle()

    control.release()

    assert b"asst_unknown" in bucket.wait_for(f"answers/{TENANT}/{user}/any/a.csv/answer.md")


@pytest.mark.usefixtures("busy")
def test_document_that_waited_is_put_into_its_threads_vector_store(
    stack: Stack,
    client: OpenAI,
    bucket: Bucket,
    user: str,
    metadata: dict[str, str],
    control: ControlClient,
) -> None:
    """The run that follows searches it."""
    bucket.put(f"drop/{TENANT}/{user}/any/notes.md", b"The heron nests in March.", **metadata)
    bucket.settle()

    control.release()
    bucket.wait_for(f"answers/{TENANT}/{user}/any/notes.md/answer.md")

    [thread] = threads_of(client, user)
    resources = client.beta.threads.retrieve(thread).tool_resources
    assert resources is not None
    assert resources.file_search is not None
    assert resources.file_search.vector_store_ids
    assert_nothing_ownerless(stack)


@pytest.mark.usefixtures("busy")
def test_assistant_of_a_dropped_file_may_have_large_instructions(
    client: OpenAI, bucket: Bucket, user: str, metadata: dict[str, str], control: ControlClient
) -> None:
    """For a run that starts at once and for one that waits. The body is in the bucket."""
    client.beta.assistants.update(metadata["assistant-id"], instructions="Analyse data. " * 10_000)
    for whose in (f"{user}-too", user):
        bucket.put(f"drop/{TENANT}/{whose}/any/a.csv", **metadata)
        bucket.settle()

    control.release()

    for whose in (f"{user}-too", user):
        assert b"a.csv has 3 rows" in bucket.wait_for(
            f"answers/{TENANT}/{whose}/any/a.csv/answer.md"
        )
    assert len(bucket.keys(f"bodies/assistants/{TENANT}/{metadata['assistant-id']}/")) == 1
    client.beta.assistants.delete(metadata["assistant-id"])
    assert bucket.keys(f"bodies/assistants/{TENANT}/{metadata['assistant-id']}/") == []


def test_report_is_deleted_with_its_file(
    stack: Stack, client: OpenAI, bucket: Bucket, user: str, metadata: dict[str, str]
) -> None:
    """The object, its prompt, and the file at the provider are deleted too."""
    bucket.put(f"drop/{TENANT}/{user}/any/a.csv.prompt.txt", b"Analyse it.")
    bucket.put(f"drop/{TENANT}/{user}/any/a.csv", **metadata)
    bucket.wait_for(f"answers/{TENANT}/{user}/any/a.csv/answer.md")

    assert client.files.delete(newest_file(client)).deleted

    assert bucket.keys(f"drop/{TENANT}/{user}/") == []
    assert bucket.keys(f"answers/{TENANT}/{user}/any/a.csv/") == []
    assert live_objects(stack, "file") == {}


def test_thread_that_expires_while_a_file_is_received_is_replaced(
    stack: Stack, client: OpenAI, bucket: Bucket, user: str, after: After
) -> None:
    """The file belongs to the new thread alone."""
    bucket.put(f"drop/{TENANT}/{user}/any/first.csv")
    bucket.settle()
    [old] = threads_of(client, user)
    after(UPLOADS, "TransactWriteItems", lambda: lapse(stack, old))

    bucket.put(f"drop/{TENANT}/{user}/any/second.csv")
    bucket.settle()

    [new] = threads_of(client, user)
    assert new != old
    [use] = stack.table().query(keys.uses_of(TENANT, new))
    assert client.files.retrieve(use["sk"]).filename == "second.csv"
    assert stack.table().get(keys.use(TENANT, old, use["sk"])) is None


def test_file_that_is_deleted_as_its_thread_expires_leaves_nothing(
    stack: Stack, client: OpenAI, bucket: Bucket, user: str, after: After
) -> None:
    """No use of it and no queued drop is left."""
    bucket.put(f"drop/{TENANT}/{user}/any/first.csv")
    bucket.settle()
    [old] = threads_of(client, user)

    def delete_both() -> None:
        assert client.files.delete(newest_file(client)).deleted
        lapse(stack, old)

    after(UPLOADS, "TransactWriteItems", delete_both)
    bucket.put(f"drop/{TENANT}/{user}/any/second.csv")
    bucket.settle()

    for thread in (old, *threads_of(client, user)):
        names = [use["sk"] for use in stack.table().query(keys.uses_of(TENANT, thread))]
        assert len(names) == (thread == old)
        assert not list(stack.table().query(keys.waiting_of(TENANT, thread)))


def test_upload_without_a_record_is_deleted(bucket: Bucket) -> None:
    """The API creates the record when it returns the form."""
    bucket.put(f"uploads/{TENANT}/file-unknown")
    bucket.put("uploads/nonsense")

    bucket.settle()

    assert bucket.keys(f"uploads/{TENANT}/file-unknown") == bucket.keys("uploads/nonsense") == []


def test_queued_files_are_removed_with_their_thread(
    stack: Stack, client: OpenAI, bucket: Bucket, user: str
) -> None:
    """The queue of a deleted thread is empty."""
    bucket.put(f"drop/{TENANT}/{user}/any/a.csv")
    bucket.settle()
    [thread] = threads_of(client, user)
    place = keys.waiting(TENANT, thread, newest_file(client))
    stack.table().write(Write(item={**place, "expires_at": 4_000_000_000}))

    client.beta.threads.delete(thread)
    bucket.settle()

    assert list(stack.table().query(keys.waiting_of(TENANT, thread))) == []
    assert live_objects(stack, "file") == {}
