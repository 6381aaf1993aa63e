"""The doorbell on the real definition: rung early, late, twice, and not at all."""

import json

import pytest
from openai import OpenAI
from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.table import Write

from local.provider.control import ControlClient
from local.stack import Stack
from tests.statemachine.paths import Paths
from tests.statemachine.runs import now, start

TENANT = "local"


def run_item(stack: Stack, thread_id: str, run_id: str) -> dict[str, object]:
    """The run as it is in the table."""
    item = stack.table().get(keys.run(TENANT, thread_id, run_id))
    assert item is not None
    return item


def test_a_ring_wakes_a_run_that_sleeps(
    client: OpenAI, paths: Paths, control: ControlClient
) -> None:
    """A cancel does not wait for the next look."""
    control.hold("in_progress")
    run = start(client)
    paths.until(run.id, "Wait", 4)

    client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)

    assert paths.of(run.id)[-3:] == ["RecordRun", "Ended", "RunCancelled"]


def test_a_mark_keeps_a_run_from_falling_asleep(
    client: OpenAI, stack: Stack, paths: Paths, control: ControlClient
) -> None:
    """News that was left before the wait is found by it."""
    control.hold("in_progress")
    run = start(client)
    paths.until(run.id, "CheckStatus", 3)
    key = keys.run(TENANT, run.thread_id, run.id)

    stack.table().write(
        Write(
            key=key,
            assign={"wake_pending": True, "run_status": "cancelling"},
            condition="attribute_exists(pk)",
        )
    )

    paths.of(run.id)
    assert now(client, run).status == "cancelled"


def test_a_token_of_an_earlier_wait_does_no_harm(
    client: OpenAI, stack: Stack, paths: Paths, control: ControlClient
) -> None:
    """Ringing with it is refused, and the run goes on to its end."""
    control.hold("in_progress")
    run = start(client)
    paths.until(run.id, "Wait", 2)
    old = str(run_item(stack, run.thread_id, run.id)["task_token"])
    paths.until(run.id, "Wait", 4)
    states = stack.client("stepfunctions")

    with pytest.raises(states.exceptions.TaskTimedOut):
        states.send_task_success(taskToken=old, output=json.dumps({}))

    control.release()
    paths.of(run.id)
    assert now(client, run).status == "completed"


def test_a_run_that_nobody_rings_for_looks_by_itself(
    client: OpenAI, stack: Stack, paths: Paths
) -> None:
    """Without webhooks the looks are few, and the answer is found."""
    del stack
    run = start(client)

    path = paths.of(run.id)

    assert now(client, run).status == "completed"
    assert path.count("CheckStatus") <= 8
