"""A run whose execution cannot be started fails, and is recorded and announced like any other.

The tenant has a budget, so that recording the run also settles it.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from openai import InternalServerError, OpenAI
from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.table import Write
from understudy.domain.budgets import Limits

from local.aws.faults import Fault, Mode
from local.provider.control import ControlClient
from local.stack import Stack
from tests.e2e.bucket import Bucket
from tests.e2e.conversations import ended
from tests.limits import WAIT_SECONDS

FAILED = "understudy.run.failed"
TENANT = "limited"
KEY = "us-test-key-of-a-limited-tenant"


@pytest.fixture
def client(stack: Stack) -> Iterator[OpenAI]:
    """The SDK with the key of a tenant that has a budget."""
    stack.add_key(KEY, tenant=TENANT, limits=Limits(tenant_month_usd=1000))
    with OpenAI(base_url=stack.base_url, api_key=KEY, max_retries=0) as made:
        yield made


@pytest.fixture
def down_for(stack: Stack) -> Iterator[Callable[[str], None]]:
    """Makes Step Functions reject the next start by one function."""
    yield lambda function: plan(stack, function, Mode.ERROR)
    stack.aws.faults.clear()


def plan(stack: Stack, function: str, mode: Mode) -> None:
    """Plans an error for the next start that botocore does not retry."""
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


def announced(stack: Stack) -> list[str]:
    """Returns the runs whose failure was announced, once all ended runs are recorded."""
    stack.events.drain(WAIT_SECONDS)
    return [event["detail"]["run_id"] for event in stack.events.seen(FAILED)]


def runs_of(client: OpenAI, user: str) -> list[Any]:
    """Returns the runs of the user's only thread, oldest first."""
    found: Any = client.get(f"/users/{user}/threads", cast_to=object)
    [thread] = found["data"]
    return list(client.beta.threads.runs.list(thread["id"], order="asc"))


def test_client_gets_503_and_can_start_another_run(
    stack: Stack, client: OpenAI, down_for: Callable[[str], None]
) -> None:
    """The run that could not be started is `failed`."""
    assistant = client.beta.assistants.create(model="gpt-6-luna")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hello"}])
    down_for("StreamRunFunction")

    with pytest.raises(InternalServerError):
        client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)

    [run] = client.beta.threads.runs.list(thread.id).data
    assert run.status == "failed"
    assert run.id in announced(stack)
    again = client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
    assert ended(client, again).status == "completed"


def test_sweep_starts_a_run_whose_function_crashed_before_the_start(
    stack: Stack, client: OpenAI
) -> None:
    assistant = client.beta.assistants.create(model="gpt-6-luna")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hello"}])
    plan(stack, "StreamRunFunction", Mode.CRASH_BEFORE)
    with pytest.raises(InternalServerError):
        client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
    stack.aws.faults.clear()
    [run] = client.beta.threads.runs.list(thread.id).data
    place = keys.run(TENANT, thread.id, run.id)
    long_ago = Write(
        key=place,
        assign={"created_at": run.created_at - 200, "sweep_at": run.created_at},
        condition="attribute_exists(pk)",
    )
    stack.table().write(long_ago)

    stack.aws.invoke("SweepRunsFunction", b"{}")

    assert ended(client, run).status == "completed"


def test_report_of_a_dropped_file_says_that_its_run_could_not_be_started(
    stack: Stack, client: OpenAI, analyst: str, user: str, down_for: Callable[[str], None]
) -> None:
    bucket = Bucket(stack)
    down_for("UploadFileFunction")

    bucket.put(
        f"drop/{TENANT}/{user}/any/a.csv", **{"assistant-id": analyst, "message": "Analyse."}
    )

    assert b"could not be started" in bucket.wait_for(
        f"answers/{TENANT}/{user}/any/a.csv/answer.md"
    )
    [run] = runs_of(client, user)
    assert run.status == "failed"
    assert run.id in announced(stack)


def test_failed_start_of_a_waiting_file_does_not_block_the_next_one(
    stack: Stack,
    client: OpenAI,
    analyst: str,
    user: str,
    down_for: Callable[[str], None],
    control: ControlClient,
) -> None:
    bucket = Bucket(stack)
    wishes = {"assistant-id": analyst, "message": "Analyse."}
    control.hold("in_progress")
    for name in ("a.csv", "b.csv", "c.csv"):
        bucket.put(f"drop/{TENANT}/{user}/any/{name}", **wishes)
        bucket.settle()
    down_for("FollowDropFunction")

    control.release()
    for name in ("a.csv", "b.csv", "c.csv"):
        bucket.wait_for(f"answers/{TENANT}/{user}/any/{name}/answer.md")

    runs = runs_of(client, user)
    assert [run.status for run in runs] == ["completed", "failed", "completed"]
    assert runs[1].id in announced(stack)
    assert b"could not be started" in bucket.get(f"answers/{TENANT}/{user}/any/b.csv/answer.md")
