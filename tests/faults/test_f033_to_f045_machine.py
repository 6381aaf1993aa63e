"""F033-F045: faults of the state machine."""

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
    """Returns the ARN of the run's execution."""
    machine = driver.stack.deployment.outputs["StateMachineArn"]
    return f"{machine.replace(':stateMachine:', ':execution:')}:{run_id}"


def calls_of(driver: Driver, run: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns the stored function calls of the run."""
    found = driver.table.query(keys.tool_calls_of(TENANT, run["id"]))
    return [{**json.loads(item["body"]), "status": item["call_status"]} for item in found]


@pytest.mark.parametrize("function", ["CheckStatusFunction", "FetchResponseFunction"])
def test_f033_step_that_always_crashes_fails_the_run_with_a_code(
    driver: Driver, function: str
) -> None:
    """After the last retry, the machine's Catch ends the run."""
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
def test_f034_throttled_function_is_retried_by_the_machine(
    driver: Driver, monkeypatch: pytest.MonkeyPatch, function: str, code: str, status: int
) -> None:
    """The run completes."""
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


def test_f035_f036_f037_stopped_execution_closes_its_run(driver: Driver) -> None:
    """No Catch handles such an end; the status event closes the run."""
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


def test_f038_sweep_closes_a_run_whose_status_event_was_lost(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After its deadline the run is closed without a status event."""
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
def test_f041_round_with_many_calls_executes_all_of_them(driver: Driver, count: int) -> None:
    """Their outputs are sent in one request."""
    driver.control.script_answer(calls=[SCHEMA] * count)

    run = play_run(driver)

    assert run["run_status"] == "completed"
    assert [call["status"] for call in calls_of(driver, run)] == ["done"] * count


def test_f041_round_with_too_many_calls_fails_the_run(driver: Driver) -> None:
    """The history of an execution is limited, so the number of calls per round is too."""
    driver.control.script_answer(calls=[SCHEMA] * 65)

    run = play_run(driver)

    assert (run["run_status"], calls_of(driver, run)) == ("failed", [])


@pytest.mark.parametrize("calls", [1, 3])
def test_f042_f043_f080_crashed_tools_have_an_error_as_output(driver: Driver, calls: int) -> None:
    """A tool that crashes twice is not retried. The run continues with the error."""
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
def test_f044_number_of_rounds_is_limited(driver: Driver) -> None:
    """After the last round, every call has an output."""
    driver.control.script_answer(calls=[SCHEMA], times=None)

    run = play_run(driver)

    assert run["run_status"] == "failed"
    assert {call["status"] for call in calls_of(driver, run)} == {"done"}
    assert creates(driver) <= 21


def test_f045_calls_are_identified_by_their_id(driver: Driver) -> None:
    """Equal calls with two ids are executed twice; one id is executed once."""
    call = {"type": "function_call", "name": "get_table_schema", "arguments": '{"table": "sales"}'}
    twice = [{**call, "call_id": "call_one"}, {**call, "call_id": "call_two"}]
    driver.control.script_answer(output=[*twice, twice[0]])

    run = play_run(driver)

    assert run["run_status"] == "completed"
    assert sorted(each["call_id"] for each in calls_of(driver, run)) == ["call_one", "call_two"]
