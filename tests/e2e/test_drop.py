"""A file dropped into the bucket: who it belongs to, what becomes of it, where its answer lands."""

import json
from typing import Any

import pytest
from openai import OpenAI

from local.events.s3_notifications import Delivery
from local.ledger import assert_nothing_ownerless, live_objects
from local.stack import Stack
from tests.e2e.bucket import CSV, Bucket

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def analyst(client: OpenAI) -> str:
    """An assistant without any tool: the file brings the one that reads it."""
    return client.beta.assistants.create(model="gpt-4o", instructions="Analyse data.").id


def thread_of(client: OpenAI, user: str) -> str:
    """The user's only thread."""
    found: Any = client.get(f"/users/{user}/threads", cast_to=object)
    [thread] = found["data"]
    return str(thread["id"])


def messages_of(client: OpenAI, user: str) -> list[Any]:
    """The messages of the user's thread, oldest first."""
    return list(client.beta.threads.messages.list(thread_of(client, user), order="asc"))


def test_a_dropped_table_is_analysed_and_the_answer_lands_beside_it(
    stack: Stack, client: OpenAI, bucket: Bucket, user: str, analyst: str
) -> None:
    """With an assistant and a message in its metadata, a CSV becomes a text with its chart."""
    wishes = {"assistant-id": analyst, "message": "Draw a chart of the revenue."}
    bucket.put(f"drop/local/{user}/sales/q1.csv", **wishes)

    answers = f"answers/local/{user}/sales/q1.csv/"
    text = bucket.wait_for(f"{answers}answer.md").decode()

    assert "q1.csv has 3 rows" in text
    [image] = [key for key in bucket.keys(answers) if key.endswith(".png")]
    assert f"]({image.removeprefix(answers)})" in text
    assert "sandbox:" not in text
    assert bucket.get(image).startswith(PNG)
    assert_nothing_ownerless(stack)


@pytest.mark.parametrize(
    ("name", "body", "tool"),
    [
        ("data.CSV", CSV, "code_interpreter"),
        ("notes.pdf", b"%PDF-1.4", "file_search"),
        ("plot.png", PNG, None),
    ],
)
def test_each_type_goes_to_its_tool(
    client: OpenAI, bucket: Bucket, user: str, name: str, body: bytes, tool: str | None
) -> None:
    """A file without a wish is attached to its owner's thread for what its type is read by."""
    bucket.put(f"drop/local/{user}/any/{name}", body)
    bucket.settle()

    [message] = messages_of(client, user)
    if tool is None:
        [image] = [part for part in message.content if part.type == "image_file"]
        file_id = image.image_file.file_id
    else:
        [attachment] = message.attachments
        assert [each.type for each in attachment.tools] == [tool]
        file_id = attachment.file_id
    file = client.files.retrieve(file_id)
    assert (file.filename, file.status) == (name, "processed")
    assert client.files.content(file_id).read() == body


def test_duplicates_make_one_file_and_one_message(
    stack: Stack, client: OpenAI, bucket: Bucket, user: str
) -> None:
    """However often S3 tells of an object, and at once, the provider gets it once."""
    stack.events.s3.hold()
    bucket.put(f"drop/local/{user}/any/a.csv")
    stack.events.s3.release(lambda held: held * 4)
    bucket.settle()

    assert len(live_objects(stack, "file")) == 1
    assert len(messages_of(client, user)) == 1


@pytest.mark.parametrize("order", [1, -1])
def test_each_version_of_an_object_is_one_file(
    stack: Stack, client: OpenAI, bucket: Bucket, user: str, analyst: str, order: int
) -> None:
    """Both versions are uploaded in either order; the newer one is answered."""
    key = f"drop/local/{user}/any/a.csv"
    wishes = {"assistant-id": analyst, "message": "Summarise the data."}
    stack.events.s3.hold()
    bucket.put(key, CSV, **wishes)
    bucket.put(key, CSV + b"2026-04,99\n", **wishes)
    stack.events.s3.release(lambda held: (held * 2)[::order])

    text = bucket.wait_for(f"answers/local/{user}/any/a.csv/answer.md").decode()
    bucket.settle()

    sizes = sorted(file["bytes"] for file in live_objects(stack, "file").values())
    assert sizes == [len(CSV), len(CSV) + 11]
    assert "a.csv has 4 rows" in (bucket.get(f"answers/local/{user}/any/a.csv/answer.md").decode())
    assert text


def test_two_files_at_once_are_answered_one_after_the_other(
    client: OpenAI, bucket: Bucket, user: str, analyst: str
) -> None:
    """A file whose thread is busy waits for the run's end, and is not lost."""
    wishes = {"assistant-id": analyst, "message": "Summarise the data."}
    for name in ("a.csv", "b.csv", "c.csv"):
        bucket.put(f"drop/local/{user}/any/{name}", **wishes)

    for name in ("a.csv", "b.csv", "c.csv"):
        assert bucket.wait_for(f"answers/local/{user}/any/{name}/answer.md")
    runs = client.beta.threads.runs.list(thread_of(client, user)).data
    assert [run.status for run in runs] == ["completed"] * 3


@pytest.mark.parametrize(
    ("name", "body", "reason"),
    [("tool.exe", b"MZ", "'exe' are not taken"), ("empty.csv", b"", "0 bytes")],
)
def test_a_refused_object_says_why(
    stack: Stack, client: OpenAI, bucket: Bucket, user: str, name: str, body: bytes, reason: str
) -> None:
    """It is listed with status error and a reason, and is not retried."""
    bucket.put(f"drop/local/{user}/any/{name}", body)
    bucket.settle()

    newest = client.files.list(limit=1).data[0]
    assert (newest.filename, newest.status) == (name, "error")
    assert reason in (newest.status_details or "")
    assert live_objects(stack, "file") == {}
    assert dead_letters(stack) == []


def test_an_object_deleted_before_it_was_read_is_nobodys(stack: Stack, bucket: Bucket) -> None:
    """The event is taken note of, without a retry and without a dead letter."""
    key = "drop/local/gone/any/a.csv"
    stack.events.s3.hold()
    bucket.put(key)
    bucket.s3.delete_object(Bucket=bucket.name, Key=key)
    stack.events.s3.release()
    bucket.settle()

    assert live_objects(stack, "file") == {}
    assert dead_letters(stack) == []


def test_one_bad_record_keeps_nothing_from_the_others(
    stack: Stack, client: OpenAI, bucket: Bucket, user: str
) -> None:
    """Of one event with a record that cannot be read the others come in; it is a dead letter."""
    stack.events.s3.hold()
    bucket.put(f"drop/local/{user}/any/a.csv")
    bucket.put(f"drop/local/{user}/any/b.csv")

    def joined(held: list[Delivery]) -> list[Delivery]:
        records = [record for each in held for record in each.event["Records"]]
        broken = json.loads(json.dumps(records[0]))
        del broken["s3"]["object"]["key"]
        return [Delivery(held[0].function, {"Records": [records[0], broken, records[1]]})]

    stack.events.s3.release(joined)
    bucket.settle()

    assert len(messages_of(client, user)) == 2
    assert len(live_objects(stack, "file")) == 2
    [letter] = dead_letters(stack)
    assert len(json.loads(letter)["Records"]) == 3


def test_what_belonged_to_an_expired_thread_is_removed(
    stack: Stack, client: OpenAI, bucket: Bucket, user: str, analyst: str
) -> None:
    """The TTL takes the dropped file, its answer, its images and all that the provider had."""
    wishes = {"assistant-id": analyst, "message": "Draw a chart of the revenue."}
    bucket.put(f"drop/local/{user}/sales/q1.csv", **wishes)
    bucket.wait_for(f"answers/local/{user}/sales/q1.csv/answer.md")
    thread = client.beta.threads.retrieve(thread_of(client, user))

    stack.events.expire(thread.expires_at + 1)
    bucket.settle()

    for kind in ("file", "container", "response", "vector_store"):
        assert live_objects(stack, kind) == {}, kind
    left = [key for folder in ("drop", "answers", "images") for key in bucket.keys(f"{folder}/")]
    assert not [key for key in left if user in key or thread.id in key]
    assert not list(stack.table().query(f"user#local#{user}"))


def dead_letters(stack: Stack) -> list[str]:
    """What is in the dead-letter queue, taken out."""
    sqs = stack.client("sqs")
    url = stack.deployment.physical_ids["DeadLetterQueue"]
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    for message in found:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [message["Body"] for message in found]
