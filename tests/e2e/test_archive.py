"""What code interpreter made, copied out of its container."""

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


def made(stack: Stack, client: OpenAI, request: str) -> str:
    """A run that makes a file, once that was archived: its thread."""
    assistant = client.beta.assistants.create(model="gpt-4o", tools=[{"type": "code_interpreter"}])
    thread = client.beta.threads.create(messages=[{"role": "user", "content": request}])
    run = ended(client, client.beta.threads.runs.create(thread.id, assistant_id=assistant.id))
    assert run.status == "completed", run.last_error
    Bucket(stack).wait_for(f"manifests/{run.id}.json")
    return thread.id


def test_an_exported_table_outlives_its_container(
    stack: Stack, client: OpenAI, control: ControlClient
) -> None:
    """What is no image is archived and given out like one."""
    thread = made(stack, client, f"Export this as a csv file: {NUMBERS}")
    [file] = client.files.list(purpose="assistants_output", limit=1).data
    control.advance_clock(IDLE_MINUTES * 60)

    assert Bucket(stack).keys(f"outputs/local/{thread}/")
    assert b"jan,3" in client.files.content(file.id).read()


@pytest.fixture
def deleted_meanwhile(stack: Stack) -> Iterator[list[str]]:
    """Whatever is copied is deleted before the copy is on record; the ids of those files."""
    deleted: list[str] = []

    def heard(call: Call, answer: Answer) -> None:
        told = (call.caller.name, call.operation, answer.status)
        if told != (ARCHIVES, "PutObject", HTTPStatus.OK):
            return
        file_id = call.resource.rpartition("/")[2]
        mark = Write(
            key=keys.file("local", file_id),
            assign={"doomed": True},
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
def test_no_copy_of_a_deleted_file_is_left(
    stack: Stack, client: OpenAI, deleted_meanwhile: list[str], request_: str, folder: str
) -> None:
    """Its owner deleted it while it was being copied."""
    thread = made(stack, client, request_)

    assert Bucket(stack).keys(f"{folder}/local/{thread}/") == []
    [file_id] = deleted_meanwhile
    with pytest.raises(NotFoundError):
        client.files.retrieve(file_id)


def test_a_manifest_that_is_gone_is_nobodys(stack: Stack, client: OpenAI) -> None:
    """The thread was removed before its files were copied; copying is not retried."""
    bucket = Bucket(stack)
    stack.events.s3.hold()
    made(stack, client, f"Draw a chart of {NUMBERS}")
    [manifest] = bucket.keys("manifests/")[-1:]
    bucket.s3.delete_object(Bucket=bucket.name, Key=manifest)

    stack.events.s3.release()
    bucket.settle()

    url = stack.deployment.physical_ids["DeadLetterQueue"]
    assert "Messages" not in stack.client("sqs").receive_message(QueueUrl=url)
