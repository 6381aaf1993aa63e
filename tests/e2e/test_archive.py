"""Generated files are copied out of their container."""

from collections.abc import Iterator
from http import HTTPStatus

import pytest
from openai import NotFoundError, OpenAI
from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.table import Write

from local.aws.calls import Call
from local.aws.recorder import Answer
from local.provider.control import ControlClient
from local.stack import Stack
from tests.e2e.bucket import Bucket
from tests.e2e.conversations import ended

ARCHIVES = "ArchiveImagesFunction"
IDLE_MINUTES = 21
NUMBERS = "jan: 3, feb: 5, mar: 4"


def generated(stack: Stack, client: OpenAI, request: str) -> str:
    """Runs an assistant that generates a file, and returns its thread once the file is archived."""
    assistant = client.beta.assistants.create(model="gpt-4o", tools=[{"type": "code_interpreter"}])
    thread = client.beta.threads.create(messages=[{"role": "user", "content": request}])
    run = ended(client, client.beta.threads.runs.create(thread.id, assistant_id=assistant.id))
    assert run.status == "completed", run.last_error
    Bucket(stack).wait_for(f"manifests/{run.id}.json")
    return thread.id


def test_exported_table_is_readable_after_its_container_expired(
    stack: Stack, client: OpenAI, control: ControlClient
) -> None:
    """Files other than images are archived too."""
    thread = generated(stack, client, f"Export this as a csv file: {NUMBERS}")
    [file] = client.files.list(purpose="assistants_output", limit=1).data
    control.advance_clock(IDLE_MINUTES * 60)

    assert Bucket(stack).keys(f"outputs/local/{thread}/")
    assert b"jan,3" in client.files.content(file.id).read()


@pytest.fixture
def deleted_meanwhile(stack: Stack) -> Iterator[list[str]]:
    """Deletes each file between its copy and the record of the copy; returns their ids."""
    deleted: list[str] = []

    def heard(call: Call, answer: Answer) -> None:
        told = (call.caller.name, call.operation, answer.status)
        if told != (ARCHIVES, "PutObject", HTTPStatus.OK):
            return
        file_id = call.resource.rpartition("/")[2]
        mark = Write(
            key=keys.file("local", file_id),
            assign={"deleting": True},
            condition="attribute_exists(pk)",
        )
        if not is_over:
            deleted.append(file_id)
            stack.table().write(mark)

    is_over: list[bool] = []
    stack.aws.listen(heard)
    yield deleted
    is_over.append(True)


@pytest.mark.parametrize(
    ("request_", "folder"),
    [(f"Draw a chart of {NUMBERS}", "images"), (f"Export as a csv file: {NUMBERS}", "outputs")],
)
def test_copy_of_a_deleted_file_is_removed(
    stack: Stack, client: OpenAI, deleted_meanwhile: list[str], request_: str, folder: str
) -> None:
    """The file was deleted while it was copied."""
    thread = generated(stack, client, request_)

    assert Bucket(stack).keys(f"{folder}/local/{thread}/") == []
    [file_id] = deleted_meanwhile
    with pytest.raises(NotFoundError):
        client.files.retrieve(file_id)


def test_deleted_manifest_is_ignored(stack: Stack, client: OpenAI) -> None:
    """The thread was removed before its files were copied; the event succeeds."""
    bucket = Bucket(stack)
    stack.events.s3.hold()
    generated(stack, client, f"Draw a chart of {NUMBERS}")
    [manifest] = bucket.keys("manifests/")[-1:]
    bucket.s3.delete_object(Bucket=bucket.name, Key=manifest)

    stack.events.s3.release()
    bucket.settle()

    url = stack.deployment.physical_ids["DeadLetterQueue"]
    assert "Messages" not in stack.client("sqs").receive_message(QueueUrl=url)
