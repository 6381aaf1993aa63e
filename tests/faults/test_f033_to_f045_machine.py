"""F033-F045: what the state machine itself can go through."""

import json
from typing import Any

import pytest
from understudy.adapters.dynamodb import keys

from local.aws.faults import Fault, Mode
from local.aws.functions import InvokeError, Outcome
from tests.faults.driver import Driver
from tests.faults.plays import creates, error_of, is_usable, play_run
from tests.faults.scenarios import SCHEMA, prepare, start

TENANT = "local"


@pytest.fixture(autouse=True)
def fresh(driver: Driver) -> None:
    """Each test starts with an empty account at the provider."""
    driver.begin()


def arn(driver: Driver, run_id: str) -> str:
    """The run's execution."""
    machine = driver.stack.deployment.outputs["StateMachineArn"]
    return f"{machine.replace(':stateMachine:', ':execution:')}:{run_id}"


def calls_of(driver: Driver, run: dict[str, Any]) -> list[dict[str, Any]]:
    """The run's function calls, as they are stored."""
    found = driver.table.query(keys.tool_calls_of(TENANT, run["id"]))
    return [{**json.loads(item["body"]), "status": item["call_status"]} for item in found]


@pytest.mark.parametrize("function", ["CheckStatusFunction", "FetchResponseFunction"])
def test_f033_a_step_that_always_dies_fails_the_run_with_a_code(
    driver: Driver, function: str
) -> None:
    """Its retries are used up; what is left of the machine ends the run."""
    driver.stack.aws.faults.plan(
        Fault("dynamodb", "GetItem", 1, Mode.CRASH_BEFORE, function=function, times=99)
    )

    run = play_run(driver)

    assert (run["run_status"], error_of(run)) == ("failed", "server_error")


@pytest.mark.parametrize(
    ("code", "status"),
    [("TooManyRequestsException", 429), ("ServiceException", 500), ("SdkClientException", 500)],
)
@pytest.mark.parametrize("function", ["CreateRunFunction", "FetchResponseFunction"])
def test_f034_a_function_that_lambda_refuses_is_tried_again(
    driver: Driver, monkeypatch: pytest.MonkeyPatch, function: str, code: str, status: int
) -> None:
    """The run does not notice."""
    runtime = driver.stack.aws.runtime
    assert runtime is not None
    invoke, refusals = runtime.invoke, [InvokeError(code, "Not now.", status) for _ in range(2)]

    def refuse(named: str, payload: bytes) -> Outcome:
        if refusals and runtime.table.find(named).name == function:
            raise refusals.pop()
        return invoke(named, payload)

    monkeypatch.setattr(runtime, "invoke", refuse)

    assert play_run(driver)["run_status"] == "completed"
    assert not refusals


def test_f035_f036_f037_an_execution_that_is_stopped_closes_its_run(driver: Driver) -> None:
    """No Catch sees such an end; the status event does."""
    driver.control.hold("in_progress")
    thread_id = prepare(driver)
    run_id = start(driver, thread_id)
    driver.settle(until=lambda: "response_id" in driver.runs(thread_id)[-1])

    driver.stack.client("stepfunctions").stop_execution(executionArn=arn(driver, str(run_id)))
    driver.settle()

    assert driver.runs(thread_id)[-1]["run_status"] == "failed"
    assert driver.control.counters()["unfinished"] == []
    driver.control.release()
    assert is_usable(driver, thread_id)


def test_f038_a_lost_status_event_is_made_up_for_by_the_sweeper(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Past its deadline the run is closed, although no status event arrived."""
    driver.control.hold("in_progress")
    thread_id = prepare(driver)
    run_id = start(driver, thread_id)
    driver.settle(until=lambda: "response_id" in driver.runs(thread_id)[-1])
    with monkeypatch.context() as patch:
        driver.lose_status_events(patch)
        driver.stack.client("stepfunctions").stop_execution(executionArn=arn(driver, str(run_id)))
        driver.settle()
    assert driver.runs(thread_id)[-1]["run_status"] == "in_progress"

    driver.recover(thread_id)

    assert driver.runs(thread_id)[-1]["run_status"] == "expired"
    driver.control.release()
    assert is_usable(driver, thread_id)


@pytest.mark.parametrize("count", [1, 12, 64])
@pytest.mark.faults
def test_f041_a_turn_may_call_many_tools(driver: Driver, count: int) -> None:
    """All are executed and answered at once."""
    driver.control.script_answer(calls=[SCHEMA] * count)

    run = play_run(driver)

    assert run["run_status"] == "completed"
    assert [call["status"] for call in calls_of(driver, run)] == ["done"] * count


def test_f041_more_calls_than_a_turn_may_have_fail_the_run(driver: Driver) -> None:
    """The history of an execution is bounded, and so is what one turn may ask for."""
    driver.control.script_answer(calls=[SCHEMA] * 65)

    run = play_run(driver)

    assert (run["run_status"], calls_of(driver, run)) == ("failed", [])


@pytest.mark.parametrize("calls", [1, 3])
def test_f042_f043_f080_tools_that_die_are_errors_for_the_model(driver: Driver, calls: int) -> None:
    """A tool that dies twice is not tried again; the run goes on without its output."""
    driver.control.script_answer(calls=[SCHEMA] * calls)
    driver.stack.aws.faults.plan(
        Fault(
            "dynamodb",
            "GetItem",
            1,
            Mode.CRASH_BEFORE,
            function="ExecuteToolFunction",
            times=2 * calls,
        )
    )

    run = play_run(driver)

    assert run["run_status"] == "completed"
    stored = calls_of(driver, run)
    assert [(call["status"], call.get("failed")) for call in stored] == [("done", True)] * calls


@pytest.mark.faults
def test_f044_a_model_that_calls_tools_for_ever_is_stopped(driver: Driver) -> None:
    """The rounds of a run are bounded; all calls are answered."""
    driver.control.script_answer(calls=[SCHEMA], times=None)

    run = play_run(driver)

    assert run["run_status"] == "failed"
    assert {call["status"] for call in calls_of(driver, run)} == {"done"}
    assert creates(driver) <= 21


def test_f045_calls_that_look_the_same_are_two_calls_and_one_id_is_one(driver: Driver) -> None:
    """The id of a call is what tells them apart."""
    call = {"type": "function_call", "name": "get_table_schema", "arguments": '{"table": "sales"}'}
    twice = [{**call, "call_id": "call_one"}, {**call, "call_id": "call_two"}]
    driver.control.script_answer(output=[*twice, twice[0]])

    run = play_run(driver)

    assert run["run_status"] == "completed"
    assert sorted(each["call_id"] for each in calls_of(driver, run)) == ["call_one", "call_two"]
