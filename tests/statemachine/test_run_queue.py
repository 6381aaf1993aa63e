"""Runs of one thread that wait for each other, or replace each other, on the real state machine."""

from typing import Any

import pytest
from openai import OpenAI
from openai.types.beta.threads import Run

from local.provider.control import ControlClient
from local.stack import Stack
from tests.limits import WAIT_SECONDS, wait_until
from tests.statemachine.paths import Paths
from tests.statemachine.runs import CLIENT, MEETING_CALL, now, start, without_waiting


@pytest.fixture(autouse=True)
def settled(stack: Stack) -> Any:
    """Waits after each test until the ends of its runs are recorded."""
    yield
    stack.events.drain(WAIT_SECONDS)


def follow(client: OpenAI, run: Run, strategy: str) -> Run:
    """Creates another run on the thread of a run."""
    return client.beta.threads.runs.create(
        run.thread_id,
        assistant_id=run.assistant_id,
        extra_body={"multitask_strategy": strategy},
    )


def test_queued_run_has_no_execution_until_its_turn(
    client: OpenAI, control: ControlClient, paths: Paths, stack: Stack
) -> None:
    """Then it passes the same states as any other run."""
    control.hold("in_progress")
    first = start(client)
    control.wait_for_parked(1, "in_progress")
    second = follow(client, first, "enqueue")
    machine = stack.deployment.outputs["StateMachineArn"]
    listed = stack.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
    names = {execution["name"] for execution in listed}
    assert first.id in names
    assert second.id not in names

    control.release()

    expected = ["CreateRun", "Wait", "CheckStatus", "Branch", "FetchResponse"]
    assert without_waiting(paths.of(second.id)) == expected
    assert without_waiting(paths.of(first.id)) == expected
    ends, begins = now(client, first).completed_at, now(client, second).started_at
    assert ends is not None
    assert begins is not None
    assert ends <= begins


@pytest.mark.parametrize("waits_for", ["model", "client"])
@pytest.mark.parametrize("strategy", ["interrupt", "rollback"])
def test_interrupted_run_ends_in_cancel_run(
    client: OpenAI, control: ControlClient, paths: Paths, waits_for: str, strategy: str
) -> None:
    """Wherever it waits; the run that replaced it starts after that."""
    if waits_for == "model":
        control.script_answer(never_ends=True)
    else:
        control.script_answer(calls=[MEETING_CALL])
    control.script_answer(text="Done.")
    first = start(client, tools=CLIENT)
    if waits_for == "model":
        wait_until(lambda: now(client, first).status == "in_progress", "the model works")
    else:
        client.beta.threads.runs.poll(first.id, first.thread_id, poll_interval_ms=50)

    second = follow(client, first, strategy)

    assert paths.of(first.id)[-3:] == ["CancelRun", "Ended", "RunCancelled"]
    assert "FetchResponse" in paths.of(second.id)
    assert now(client, second).status == "completed"


def test_failed_run_starts_the_next_one(
    client: OpenAI, control: ControlClient, paths: Paths
) -> None:
    """So does every other end."""
    control.hold("in_progress")
    error = {"code": "invalid_prompt", "message": "No."}
    control.script_answer(status="failed", error=error)
    first = start(client)
    second = follow(client, first, "enqueue")
    control.release()

    assert "FetchResponse" in paths.of(second.id)
    assert (now(client, first).status, now(client, second).status) == ("failed", "completed")


def test_expired_run_starts_the_next_one(
    client: OpenAI, control: ControlClient, paths: Paths
) -> None:
    """The time limit of the next run begins at its own start."""
    control.script_answer(never_ends=True)
    first = start(client, metadata={"understudy_deadline_seconds": "1"})
    second = follow(client, first, "enqueue")

    assert "FetchResponse" in paths.of(second.id)
    assert (now(client, first).status, now(client, second).status) == ("expired", "completed")
