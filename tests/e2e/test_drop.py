"""Files dropped into the bucket: owner, message, run and report."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from openai import BadRequestError, OpenAI

from local.events.s3_notifications import Delivery
from local.ledger import assert_nothing_ownerless, live_objects
from local.stack import Stack
from tests.e2e.bucket import CSV, Bucket

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def analyst(client: OpenAI) -> str:
    """An assistant without tools: the run gets the tool that reads the file."""
    return client.beta.assistants.create(model="gpt-4o", instructions="Analyse data.").id


def thread_of(client: OpenAI, user: str) -> str:
    """Returns the id of the user's only thread."""
    found: Any = client.get(f"/users/{user}/threads", cast_to=object)
    [thread] = found["data"]
    return str(thread["id"])


def messages_of(client: OpenAI, user: str) -> list[Any]:
    """Returns the messages of the user's thread, oldest first."""
    return list(client.beta.threads.messages.list(thread_of(client, user), order="asc"))


def test_dropped_table_is_analysed_and_reported_with_its_chart(
    stack: Stack, client: OpenAI, bucket: Bucket, user: str, analyst: str
) -> None:
    """Its metadata names the assistant and the message."""
    metadata = {"assistant-id": analyst, "message": "Draw a chart of the revenue."}
    bucket.put(f"drop/local/{user}/sales/q1.csv", **metadata)

    answers = f"answers/local/{user}/sales/q1.csv/"
    text = bucket.wait_for(f"{answers}answer.md").decode()

    assert "q1.csv has 3 rows" in text
    [image] = [key for key in bucket.keys(answers) if key.endswith(".png")]
    assert f"]({image.removeprefix(answers)})" in text
    assert "sandbox:" not in text
    assert bucket.get(image).startswith(PNG)
    assert_nothing_ownerless(stack)


def test_prompt_file_beside_the_object_is_the_message(
    client: OpenAI, bucket: Bucket, user: str, analyst: str
) -> None:
    """It may contain any characters. The AWS CLI sends metadata in ASCII only."""
    key = f"drop/local/{user}/sales/q1.csv"
    bucket.put(f"{key}.prompt.txt", "Fasse die Umsätze zusammen.".encode())
    bucket.put(key, **{"assistant-id": analyst})

    bucket.wait_for(f"answers/local/{user}/sales/q1.csv/answer.md")

    status = json.loads(bucket.get(f"answers/local/{user}/sales/q1.csv/status.json"))
    assert status["status"] == "answered"
    asked = messages_of(client, user)[0]
    assert asked.content[0].text.value == "Fasse die Umsätze zusammen."


@pytest.mark.parametrize("other", ["สวัสดี", "हिन्दी", "e\u0301", "🦆"])
def test_user_ids_of_the_bucket_work_over_http(
    client: OpenAI, bucket: Bucket, user: str, other: str
) -> None:
    """The drop bucket and the API accept the same user ids and purposes."""
    owner = f"{user}-{other}"
    bucket.put(f"drop/local/{owner}/{other}/a.csv")
    bucket.settle()

    path = f"/users/{quote(owner)}/threads/{quote(other)}"
    thread: Any = client.put(path, cast_to=object, body={})

    assert (thread["user_id"], thread["purpose"]) == (owner, other)
    assert len(client.beta.threads.messages.list(thread["id"]).data) == 1


@pytest.mark.parametrize("wrong", ["a#b", "a\x00", "a\r\nb", "a\u202e", "a b"])
def test_user_id_that_cannot_be_part_of_a_key_is_rejected(client: OpenAI, wrong: str) -> None:
    """The error names the parameter."""
    with pytest.raises(BadRequestError, match="Invalid 'user_id'"):
        client.put(f"/users/{quote(wrong)}/threads/sales", cast_to=object, body={})


@pytest.mark.parametrize(
    ("name", "body", "tool"),
    [
        ("data.CSV", CSV, "code_interpreter"),
        ("notes.pdf", b"%PDF-1.4", "file_search"),
        ("plot.png", PNG, None),
    ],
)
def test_each_type_is_attached_for_its_tool(
    client: OpenAI, bucket: Bucket, user: str, name: str, body: bytes, tool: str | None
) -> None:
    """A file without an assistant is only attached to its owner's thread."""
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


def test_duplicate_events_make_one_file_and_one_message(
    stack: Stack, client: OpenAI, bucket: Bucket, user: str
) -> None:
    """Also when they arrive concurrently. The provider gets the file once."""
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
    """In either order of the events. The report is on the newer version."""
    key = f"drop/local/{user}/any/a.csv"
    metadata = {"assistant-id": analyst, "message": "Summarise the data."}
    stack.events.s3.hold()
    bucket.put(key, CSV, **metadata)
    bucket.put(key, CSV + b"2026-04,99\n", **metadata)
    stack.events.s3.release(lambda held: (held * 2)[::order])

    text = bucket.wait_for(f"answers/local/{user}/any/a.csv/answer.md").decode()
    bucket.settle()

    sizes = sorted(file["bytes"] for file in live_objects(stack, "file").values())
    assert sizes == [len(CSV), len(CSV) + 11]
    assert "a.csv has 4 rows" in (bucket.get(f"answers/local/{user}/any/a.csv/answer.md").decode())
    assert text


def test_concurrent_files_are_answered_one_after_the_other(
    client: OpenAI, bucket: Bucket, user: str, analyst: str
) -> None:
    """A file whose thread has an active run waits for the run's end."""
    metadata = {"assistant-id": analyst, "message": "Summarise the data."}
    for name in ("a.csv", "b.csv", "c.csv"):
        bucket.put(f"drop/local/{user}/any/{name}", **metadata)

    for name in ("a.csv", "b.csv", "c.csv"):
        assert bucket.wait_for(f"answers/local/{user}/any/{name}/answer.md")
    runs = client.beta.threads.runs.list(thread_of(client, user)).data
    assert [run.status for run in runs] == ["completed"] * 3


@pytest.mark.parametrize(
    ("name", "body", "reason"),
    [("tool.exe", b"MZ", "'.exe' is not supported"), ("empty.csv", b"", "0 bytes")],
)
def test_rejected_object_is_reported_with_the_reason(
    stack: Stack, client: OpenAI, bucket: Bucket, user: str, name: str, body: bytes, reason: str
) -> None:
    """The reason is in the list of files and beside the object. The event is not retried."""
    bucket.put(f"drop/local/{user}/any/{name}", body)
    bucket.settle()

    newest = client.files.list(limit=1).data[0]
    assert (newest.filename, newest.status) == (name, "error")
    assert reason in (newest.status_details or "")
    text = bucket.get(f"answers/local/{user}/any/{name}/answer.md").decode()
    assert reason in text
    assert "What to do" in text
    assert live_objects(stack, "file") == {}
    assert dead_letters(stack) == []


def test_object_deleted_before_it_was_read_is_ignored(stack: Stack, bucket: Bucket) -> None:
    """The event succeeds, without a retry and without a dead letter."""
    key = "drop/local/gone/any/a.csv"
    stack.events.s3.hold()
    bucket.put(key)
    bucket.s3.delete_object(Bucket=bucket.name, Key=key)
    stack.events.s3.release()
    bucket.settle()

    assert live_objects(stack, "file") == {}
    assert dead_letters(stack) == []


def test_unreadable_record_does_not_block_the_others(
    stack: Stack, client: OpenAI, bucket: Bucket, user: str
) -> None:
    """The other records are processed, and the event becomes a dead letter."""
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


def test_objects_of_an_expired_thread_are_deleted(
    stack: Stack, client: OpenAI, bucket: Bucket, user: str, analyst: str
) -> None:
    """The dropped file, its report, its images and everything at the provider.

    The thread lives for a day, so that the threads of other tests do not expire with it.
    """
    metadata = {"assistant-id": analyst, "message": "Draw a chart of the revenue."}
    client.put(f"/users/{user}/threads/sales", cast_to=object, body={"ttl_days": 1})
    bucket.put(f"drop/local/{user}/sales/q1.csv", **metadata)
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
    """Returns the messages of the dead-letter queue, and deletes them."""
    sqs = stack.client("sqs")
    url = stack.deployment.physical_ids["DeadLetterQueue"]
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    for message in found:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [message["Body"] for message in found]
