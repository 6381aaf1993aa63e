"""A run whose execution cannot be started has failed, and is told of like any other."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from openai import InternalServerError, OpenAI
from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.table import Write

from local.aws.faults import Fault, Mode
from local.provider.control import ControlClient
from local.stack import Stack
from tests.e2e.bucket import Bucket
from tests.e2e.conversations import ended

FAILED = "understudy.run.failed"


@pytest.fixture
def down_for(stack: Stack) -> Iterator[Callable[[str], None]]:
    """Step Functions refuses the next start of one function."""

    yield lambda function: plan(stack, function, Mode.ERROR)
    stack.aws.faults.clear()


def plan(stack: Stack, function: str, mode: Mode) -> None:
    """What goes wrong with the next start; botocore does not try this error again by itself."""
    stack.aws.faults.plan(
        Fault(
            service="states",
            operation="StartExecution",
            nth=1,
            mode=mode,
            function=function,
            error="ServiceUnavailable",
            status=400,
        )
    )


@pytest.fixture
def analyst(client: OpenAI) -> str:
    return client.beta.assistants.create(model="gpt-4o", instructions="Analyse data.").id


def told_of(stack: Stack) -> list[str]:
    """The runs whose failure was announced."""
    return [event["detail"]["run_id"] for event in stack.events.seen(FAILED)]


def runs_of(client: OpenAI, user: str) -> list[Any]:
    """The runs of the user's only thread, oldest first."""
    found: Any = client.get(f"/users/{user}/threads", cast_to=object)
    [thread] = found["data"]
    return list(client.beta.threads.runs.list(thread["id"], order="asc"))


def test_a_client_is_told_and_its_thread_is_free(
    stack: Stack, client: OpenAI, down_for: Callable[[str], None]
) -> None:
    """The request is answered 503; the run is there, failed, and the next one is a normal one."""
    assistant = client.beta.assistants.create(model="gpt-6-luna")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hello"}])
    down_for("ApiFunction")

    with pytest.raises(InternalServerError):
        client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)

    [run] = client.beta.threads.runs.list(thread.id).data
    assert run.status == "failed"
    assert run.id in told_of(stack)
    again = client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
    assert ended(client, again).status == "completed"


def test_a_run_whose_starter_died_is_started_by_the_sweep(stack: Stack, client: OpenAI) -> None:
    """The function died between the run and its execution; a minute later the run goes on."""
    assistant = client.beta.assistants.create(model="gpt-6-luna")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hello"}])
    plan(stack, "ApiFunction", Mode.CRASH_BEFORE)
    with pytest.raises(InternalServerError):
        client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
    stack.aws.faults.clear()
    [run] = client.beta.threads.runs.list(thread.id).data
    place = keys.run("local", thread.id, run.id)
    long_ago = Write(
        key=place,
        assign={"created_at": run.created_at - 100},
        condition="attribute_exists(pk)",
    )
    stack.table().write(long_ago)

    stack.aws.invoke("SweepRunsFunction", b"{}")

    assert ended(client, run).status == "completed"


def test_a_dropped_file_gets_the_failure_as_its_answer(
    stack: Stack, client: OpenAI, analyst: str, user: str, down_for: Callable[[str], None]
) -> None:
    """The file came in once, its run failed, and nothing is a dead letter."""
    bucket = Bucket(stack)
    down_for("UploadFileFunction")

    bucket.put(f"drop/local/{user}/any/a.csv", **{"assistant-id": analyst, "message": "Analyse."})

    assert b"could not be started" in bucket.wait_for(f"answers/local/{user}/any/a.csv/answer.md")
    [run] = runs_of(client, user)
    assert run.status == "failed"
    assert run.id in told_of(stack)


def test_a_file_that_waited_gets_the_failure_as_its_answer(
    stack: Stack,
    client: OpenAI,
    analyst: str,
    user: str,
    down_for: Callable[[str], None],
    control: ControlClient,
) -> None:
    """It waited for another file's run; the one after it comes in as if nothing had happened."""
    bucket = Bucket(stack)
    wishes = {"assistant-id": analyst, "message": "Analyse."}
    control.hold("in_progress")
    for name in ("a.csv", "b.csv", "c.csv"):
        bucket.put(f"drop/local/{user}/any/{name}", **wishes)
        bucket.settle()
    down_for("FollowDropFunction")

    control.release()
    for name in ("a.csv", "b.csv", "c.csv"):
        bucket.wait_for(f"answers/local/{user}/any/{name}/answer.md")

    runs = runs_of(client, user)
    assert [run.status for run in runs] == ["completed", "failed", "completed"]
    assert runs[1].id in told_of(stack)
    assert b"could not be started" in bucket.get(f"answers/local/{user}/any/b.csv/answer.md")
