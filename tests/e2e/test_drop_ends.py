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
def wishes(client: OpenAI) -> dict[str, str]:
    """Metadata of an object that wants an answer."""
    assistant = client.beta.assistants.create(model="gpt-4o", instructions="Analyse data.")
    return {"assistant-id": assistant.id, "message": "Analyse."}


@pytest.fixture
def busy(
    bucket: Bucket, user: str, wishes: dict[str, str], control: ControlClient
) -> Iterator[None]:
    """A run on a first dropped file works on the user's thread until the provider is released."""
    control.hold("in_progress")
    bucket.put(f"drop/{TENANT}/{user}/any/first.csv", **wishes)
    bucket.settle()
    yield
    control.release()
    bucket.settle()


@pytest.fixture
def after(stack: Stack) -> Iterator[After]:
    """Does something once, right after a function's next call of an operation has succeeded."""
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
    """The ids of the user's threads."""
    found: Any = client.get(f"/users/{user}/threads", cast_to=object)
    return [thread["id"] for thread in found["data"]]


def newest_file(client: OpenAI) -> str:
    return client.files.list(limit=1).data[0].id


def lapse(stack: Stack, thread: str) -> None:
    """Lets the thread's time be over; DynamoDB has not come to removing it."""
    place = keys.thread(TENANT, thread)
    stack.table().write(
        Write(key=place, assign={"expires_at": 1}, condition="attribute_exists(pk)")
    )


def test_an_unknown_assistant_is_the_answer(bucket: Bucket, user: str) -> None:
    """The reason is written beside the dropped file."""
    bucket.put(f"drop/{TENANT}/{user}/any/a.csv", **{"assistant-id": "asst_unknown"})

    text = bucket.wait_for(f"answers/{TENANT}/{user}/any/a.csv/answer.md")

    assert b"No assistant found with id 'asst_unknown'." in text


@pytest.mark.usefixtures("busy")
def test_an_unknown_assistant_is_the_answer_after_waiting_too(
    bucket: Bucket, user: str, control: ControlClient
) -> None:
    """The file comes in when the run before it has ended."""
    bucket.put(f"drop/{TENANT}/{user}/any/a.csv", **{"assistant-id": "asst_unknown"})
    bucket.settle()

    control.release()

    assert b"asst_unknown" in bucket.wait_for(f"answers/{TENANT}/{user}/any/a.csv/answer.md")


@pytest.mark.usefixtures("busy")
def test_a_document_that_waited_gets_a_store_of_its_thread(
    stack: Stack,
    client: OpenAI,
    bucket: Bucket,
    user: str,
    wishes: dict[str, str],
    control: ControlClient,
) -> None:
    """It is searched in the run that follows."""
    bucket.put(f"drop/{TENANT}/{user}/any/notes.md", b"The heron nests in March.", **wishes)
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
def test_instructions_may_be_large(
    client: OpenAI, bucket: Bucket, user: str, wishes: dict[str, str], control: ControlClient
) -> None:
    """Of the assistant that a dropped file wishes for, at once and after waiting."""
    client.beta.assistants.update(wishes["assistant-id"], instructions="Analyse data. " * 10_000)
    for whose in (f"{user}-too", user):
        bucket.put(f"drop/{TENANT}/{whose}/any/a.csv", **wishes)
        bucket.settle()

    control.release()

    for whose in (f"{user}-too", user):
        assert b"a.csv has 3 rows" in bucket.wait_for(
            f"answers/{TENANT}/{whose}/any/a.csv/answer.md"
        )
    assert len(bucket.keys(f"bodies/assistants/{TENANT}/{wishes['assistant-id']}/")) == 1
    client.beta.assistants.delete(wishes["assistant-id"])
    assert bucket.keys(f"bodies/assistants/{TENANT}/{wishes['assistant-id']}/") == []


def test_a_dropped_file_takes_its_answer_along(
    stack: Stack, client: OpenAI, bucket: Bucket, user: str, wishes: dict[str, str]
) -> None:
    """Deleted by its owner it is gone from the bucket and from the provider."""
    bucket.put(f"drop/{TENANT}/{user}/any/a.csv", **wishes)
    bucket.wait_for(f"answers/{TENANT}/{user}/any/a.csv/answer.md")

    assert client.files.delete(newest_file(client)).deleted

    assert bucket.keys(f"drop/{TENANT}/{user}/") == []
    assert bucket.keys(f"answers/{TENANT}/{user}/") == []
    assert live_objects(stack, "file") == {}


def test_a_thread_that_ends_while_a_file_comes_in_is_followed_by_another(
    stack: Stack, client: OpenAI, bucket: Bucket, user: str, after: After
) -> None:
    """The file is in the new thread, and has one use."""
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


def test_a_file_that_is_deleted_as_its_thread_ends_is_nowhere(
    stack: Stack, client: OpenAI, bucket: Bucket, user: str, after: After
) -> None:
    """No reference to it is left, and no run waits for it."""
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


def test_an_object_that_nobody_promised_is_deleted(bucket: Bucket) -> None:
    """Only a form from createObjectUpload makes an upload a file."""
    bucket.put(f"uploads/{TENANT}/file-unknown")
    bucket.put("uploads/nonsense")

    bucket.settle()

    assert bucket.keys("uploads/") == []


def test_files_that_wait_go_with_their_thread(
    stack: Stack, client: OpenAI, bucket: Bucket, user: str
) -> None:
    """Nothing of a deleted thread is left in line."""
    bucket.put(f"drop/{TENANT}/{user}/any/a.csv")
    bucket.settle()
    [thread] = threads_of(client, user)
    place = keys.waiting(TENANT, thread, newest_file(client))
    stack.table().write(Write(item={**place, "expires_at": 4_000_000_000}))

    client.beta.threads.delete(thread)
    bucket.settle()

    assert list(stack.table().query(keys.waiting_of(TENANT, thread))) == []
    assert live_objects(stack, "file") == {}
