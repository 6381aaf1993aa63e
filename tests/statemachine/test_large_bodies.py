"""Bodies that are too large for the table are stored in the bucket at every step of a run."""

from collections.abc import Callable

import pytest
from openai import OpenAI
from openai.types.beta.threads import Run
from understudy.adapters.dynamodb import keys

from local.aws.faults import Fault, Mode
from local.provider.control import ControlClient
from local.stack import Stack
from tests.limits import WAIT_SECONDS
from tests.statemachine.ends import (
    TENANT,
    cancelled,
    large,
    runs_counted,
    stopped,
    swept,
)
from tests.statemachine.paths import Paths
from tests.statemachine.runs import CLIENT, SERVER, now, start

RESPONSES, CHAT = "/v1/responses", "/v1/chat/completions"


def stored(stack: Stack, run: Run) -> list[str]:
    """Returns the keys in the bucket that belong to the run or to its thread."""
    bucket = stack.deployment.outputs["BucketName"]
    found = stack.client("s3").list_objects_v2(Bucket=bucket, Prefix="bodies/").get("Contents", [])
    return [each["Key"] for each in found if run.id in each["Key"] or run.thread_id in each["Key"]]


def test_run_with_large_bodies_is_completed(
    client: OpenAI, stack: Stack, control: ControlClient, paths: Paths
) -> None:
    """Large instructions, messages, arguments and outputs; deleting the thread deletes them."""
    arguments = {"table": large("sales")}
    control.script_answer(calls=[{"name": "get_table_schema", "arguments": arguments}])
    control.script_answer(text=large("answer"))

    run = start(client, large("question"), tools=SERVER, instructions=large("instruction"))

    assert paths.of(run.id)[-1] == "FetchResponse"
    assert now(client, run).instructions == large("instruction")
    shown = client.beta.threads.messages.list(run.thread_id).data
    assert [part.content[0].text.value for part in shown] == [large("answer"), large("question")]  # type: ignore[union-attr]
    kinds = {key.rsplit("/", 2)[-2].partition("_")[0] for key in stored(stack, run)}
    assert kinds == {"call", "msg", "run", "step"}

    client.beta.threads.delete(run.thread_id)
    stack.events.drain(WAIT_SECONDS)

    assert stored(stack, run) == []


def test_tool_killed_by_large_arguments_has_an_error_output(
    client: OpenAI, stack: Stack, control: ControlClient, paths: Paths
) -> None:
    """Every attempt is killed; the run continues."""
    stack.aws.faults.plan(
        Fault(
            service="s3",
            operation="PutObject",
            nth=1,
            mode=Mode.CRASH_BEFORE,
            function="ExecuteToolFunction",
            times=100,
        )
    )
    control.script_answer(calls=[{"name": "get_table_schema", "arguments": {"table": large("t")}}])

    run = start(client, tools=SERVER)
    path = paths.of(run.id)
    stack.aws.faults.clear()

    assert path[-1] == "FetchResponse"
    [call] = stack.table().query(keys.tool_calls_of("local", run.id))
    assert call["call_status"] == "done"


@pytest.mark.parametrize(
    ("end", "status"), [(cancelled, "cancelled"), (stopped, "failed"), (swept, "expired")]
)
def test_run_that_waits_with_a_large_call_can_be_ended(
    tenant: OpenAI,
    stack: Stack,
    control: ControlClient,
    paths: Paths,
    end: Callable[[Stack, OpenAI, Run], None],
    status: str,
) -> None:
    """Each kind of end closes the call, settles the budget and counts the run once."""
    arguments = {"person": large("Grace")}
    control.script_answer(calls=[{"name": "book_meeting", "arguments": arguments}])
    run = start(tenant, tools=CLIENT, instructions=large("instruction"))
    paths.until(run.id, "AwaitClient")
    before = runs_counted(tenant)

    end(stack, tenant, run)
    paths.of(run.id)
    stack.events.drain(WAIT_SECONDS)

    assert now(tenant, run).status == status
    [call] = stack.table().query(keys.tool_calls_of(TENANT, run.id))
    assert call["call_status"] == "closed"
    assert runs_counted(tenant) == before + 1


def test_fallback_accepts_large_bodies(
    client: OpenAI, stack: Stack, control: ControlClient, paths: Paths
) -> None:
    """Chat completions get the whole input, and their calls and messages are stored."""
    assert stack.aws.runtime is not None
    arguments = {"table": large("sales")}
    control.script_fault(status=500, match={"path": RESPONSES}, times=None)
    calls = [{"name": "get_table_schema", "arguments": arguments}]
    control.script_answer(calls=calls, match={"path": CHAT})
    stack.aws.runtime.reconfigure("AnswerDirectlyFunction", FALLBACK_ENABLED="true")

    run = start(client, large("question"), tools=SERVER, instructions=large("instruction"))
    path = paths.of(run.id)
    stack.aws.runtime.reconfigure("AnswerDirectlyFunction", FALLBACK_ENABLED="false")

    assert (path[-1], now(client, run).metadata) == ("FetchResponse", {"degraded": "true"})
