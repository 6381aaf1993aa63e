"""Submitting tool outputs, also repeatedly."""

from typing import Any

import pytest
from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.writes import Write
from understudy.domain.runs import Run, RunStatus
from understudy.domain.tool_outputs import SubmittedOutputs
from understudy.domain.tools import CallStatus, RunsOn, ToolCall
from understudy.errors import InvalidRequestError
from understudy.services import Services

from functions.api.submit_outputs import OutputSubmission
from tests.fakes.executions import RecordedExecutions
from tests.unit import stage

GIVEN = {"call_a": "one", "call_b": "two"}
LATER = [status for status in RunStatus if status is not RunStatus.REQUIRES_ACTION]


@pytest.fixture
def run(services: Services) -> Run:
    """A run that waits for the outputs of two calls."""
    run = stage.put_run(services, status=RunStatus.REQUIRES_ACTION, response_id="resp_1")
    for call_id in GIVEN:
        stage.put_call(services, call_id, runs_on=RunsOn.CLIENT)
    return run


def submit(services: Services, run: Run, outputs: dict[str, str]) -> Run:
    submission = OutputSubmission(
        services.runs,
        services.run_steps,
        services.tool_calls,
        services.waits,
        services.executions,
        services.now,
    )
    listed = [{"tool_call_id": name, "output": output} for name, output in outputs.items()]
    return submission.submit(run, SubmittedOutputs.model_validate({"tool_outputs": listed}))


def moved_to(services: Services, run: Run, status: RunStatus) -> Run:
    """Returns the stored run with another status."""
    if status.is_final:
        services.runs.end(run.model_copy(update={"status": status, "ended_at": 1}))
    elif status is not run.status:
        services.runs.move(run, status, among=[run.status])
    return stage.stored_run(services)


def test_outputs_queue_the_run(services: Services, run: Run) -> None:
    moved = submit(services, run, GIVEN)

    assert moved.status is RunStatus.QUEUED
    assert {call.output for call in services.tool_calls.of_run(stage.TENANT, stage.RUN_ID)} == {
        "one",
        "two",
    }


def test_outputs_wake_the_execution(
    services: Services, run: Run, executions: RecordedExecutions
) -> None:
    """By the task token with which it waits for the client."""
    services.table.write(Write(key=keys.wait("resp_1"), assign={"task_token": "token"}))
    executions.waiting.add("token")

    submit(services, run, GIVEN)

    assert executions.woken == ["token"]


@pytest.mark.parametrize("status", LATER)
def test_the_same_outputs_are_accepted_in_every_later_status(
    services: Services, run: Run, status: RunStatus
) -> None:
    """A client retries after a timeout, whenever that is."""
    later = moved_to(services, submit(services, run, GIVEN), status)

    again = submit(services, later, dict(reversed(GIVEN.items())))

    assert (again.status, again) == (status, later)


@pytest.mark.parametrize("status", LATER)
@pytest.mark.parametrize(
    "outputs",
    [
        {"call_a": "one", "call_b": "other"},
        {"call_a": "one"},
        {"call_a": "one", "call_b": "two", "call_c": "three"},
        {"call_x": "one"},
    ],
    ids=["another output", "fewer", "more", "unknown"],
)
def test_other_outputs_are_rejected_in_every_later_status(
    services: Services, run: Run, status: RunStatus, outputs: dict[str, str]
) -> None:
    later = moved_to(services, submit(services, run, GIVEN), status)

    with pytest.raises(InvalidRequestError) as caught:
        submit(services, later, outputs)

    assert caught.value.message == f'Runs in status "{status}" do not accept tool outputs.'


def test_outputs_of_an_earlier_round_are_accepted_while_a_later_one_waits(
    services: Services, run: Run
) -> None:
    """And change nothing in it."""
    submit(services, run, GIVEN)
    services.runs.change(run, status=RunStatus.REQUIRES_ACTION, round=1)
    stage.put_call(services, "call_c", runs_on=RunsOn.CLIENT, round=1)
    later = stage.stored_run(services)

    assert submit(services, later, GIVEN) == later
    with pytest.raises(InvalidRequestError):
        submit(services, later, {"call_a": "one", "call_b": "other"})
    assert submit(services, later, {"call_c": "three"}).status is RunStatus.QUEUED


def test_outputs_of_calls_that_were_closed_are_rejected(services: Services, run: Run) -> None:
    """A run that was cancelled before did not get them."""
    for call in services.tool_calls.of_run(stage.TENANT, stage.RUN_ID):
        services.tool_calls.close(call)
    cancelled = moved_to(services, run, RunStatus.CANCELLED)

    with pytest.raises(InvalidRequestError):
        submit(services, cancelled, GIVEN)


@pytest.mark.parametrize("output", ["two", "other"])
def test_second_of_two_submissions_is_judged_by_its_outputs(
    services: Services, run: Run, monkeypatch: pytest.MonkeyPatch, output: str
) -> None:
    """The other request changes the run between this one's read and write."""
    move = services.runs.move

    def overtaken(*arguments: Any, **named: Any) -> Any:
        monkeypatch.setattr(services.runs, "move", move)
        submit(services, run, GIVEN)
        return move(*arguments, **named)

    store = services.tool_calls.store_output

    def too_late(call: ToolCall, *_: Any, **__: Any) -> bool:
        return store(call, GIVEN[call.call_id]) and False

    monkeypatch.setattr(services.runs, "move", overtaken)
    monkeypatch.setattr(services.tool_calls, "store_output", too_late)
    outputs = {"call_a": "one", "call_b": output}

    if output == "two":
        assert submit(services, run, outputs).status is RunStatus.QUEUED
    else:
        with pytest.raises(InvalidRequestError, match='in status "queued"'):
            submit(services, run, outputs)


def test_run_continues_after_two_mixed_submissions(
    services: Services, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each stored one output, so neither is accepted; the run continues with the stored outputs."""
    [first, _] = services.tool_calls.of_run(stage.TENANT, stage.RUN_ID)
    of_run = services.tool_calls.of_run
    before = of_run(stage.TENANT, stage.RUN_ID)
    services.tool_calls.store_output(first, "of the other")
    reads = iter([before])
    monkeypatch.setattr(
        services.tool_calls, "of_run", lambda *ids: next(reads, None) or of_run(*ids)
    )

    with pytest.raises(InvalidRequestError):
        submit(services, run, GIVEN)

    assert stage.stored_run(services).status is RunStatus.QUEUED


def test_resubmission_wakes_a_queued_run(
    services: Services, run: Run, executions: RecordedExecutions
) -> None:
    """The first request may have failed before it woke the execution."""
    services.tool_calls.store_output(
        services.tool_calls.of_run(stage.TENANT, stage.RUN_ID)[0], "one"
    )
    submit(services, run, GIVEN)
    queued = stage.stored_run(services)
    assert queued.status is RunStatus.QUEUED
    executions.waiting.add("token")
    waiting = Write(
        key=keys.wait(queued.wait_id), assign={"task_token": "token"}, remove=("wake_pending",)
    )
    services.table.write(waiting)

    submit(services, queued, GIVEN)

    assert executions.woken == ["token"]
    stored = services.tool_calls.of_run(stage.TENANT, stage.RUN_ID)
    assert {call.status for call in stored} == {CallStatus.DONE}
