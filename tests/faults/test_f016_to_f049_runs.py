"""F016-F049: starting and ending runs, and what the state machine itself can go through."""

import json
from typing import Any

import pytest
from understudy.adapters.dynamodb import keys
from understudy.domain.ids import new_id

from local.aws.faults import Fault, Mode
from tests.faults.driver import Driver
from tests.faults.plays import creates, error_of, is_usable, play_run, texts, thread_of
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


@pytest.mark.faults
def test_f018_a_start_that_is_throttled_for_good_leaves_the_thread_usable(driver: Driver) -> None:
    """The client gets a 503 to try again, and finds no run in its way."""
    driver.stack.aws.faults.plan(
        Fault("states", "StartExecution", 1, Mode.THROTTLE, function="ApiFunction", times=4)
    )
    thread_id = prepare(driver)

    run = play_run(driver, thread_id)

    assert [each["run_status"] for each in driver.runs(thread_id)] == ["failed", "completed"]
    assert run["run_status"] == "completed"


def test_f020_starting_a_run_twice_is_one_execution(driver: Driver) -> None:
    """Also when the first one has ended by then."""
    run = play_run(driver)
    client = driver.stack.client("stepfunctions")
    machine = driver.stack.deployment.outputs["StateMachineArn"]
    ids = {"tenant": TENANT, "thread_id": thread_of(run), "run_id": run["id"]}

    with pytest.raises(client.exceptions.ExecutionAlreadyExists):
        client.start_execution(stateMachineArn=machine, name=run["id"], input=json.dumps(ids))

    driver.settle()
    assert creates(driver) == 1


def test_f021_every_run_id_can_name_an_execution() -> None:
    """At most 80 letters, digits, hyphens and underscores."""
    for order in (0, 1, 1_800_000_000_000, 2**47):
        run_id = new_id("run", order=order)
        assert len(run_id) <= 80
        assert run_id.replace("_", "").isalnum()
        assert run_id.isascii()


def test_f022_a_run_cancelled_before_it_asks_costs_nothing(driver: Driver) -> None:
    """No request reaches the provider."""
    thread_id = prepare(driver)

    def cancel() -> None:
        run_id = driver.runs(thread_id)[-1]["id"]
        driver.must("POST", f"/threads/{thread_id}/runs/{run_id}/cancel")

    driver.invocations.before("CreateRunFunction", cancel)
    run = play_run(driver, thread_id)

    assert run["run_status"] == "cancelled"
    assert driver.control.requests() == []


@pytest.mark.parametrize("first", ["cancel", "completion"])
def test_f025_a_cancel_and_a_completion_are_one_end(driver: Driver, first: str) -> None:
    """Whichever comes first; the answer is there only if the run is completed."""
    thread_id = prepare(driver)
    answers: list[int] = []

    def cancel() -> None:
        run_id = driver.runs(thread_id)[-1]["id"]
        answers.append(driver.call("POST", f"/threads/{thread_id}/runs/{run_id}/cancel")[0])

    before = {"cancel": "FetchResponseFunction", "completion": "RecordRunFunction"}[first]
    driver.invocations.before(before, cancel)
    run = play_run(driver, thread_id)

    expected = {"cancel": ("cancelled", [200], 0), "completion": ("completed", [400], 1)}[first]
    assert (run["run_status"], answers, len(texts(driver, thread_id))) == expected


def test_f026_a_cancel_may_come_twice(driver: Driver) -> None:
    """The second one finds the run being cancelled; an unknown run is a 404."""
    driver.control.hold("in_progress")
    thread_id = prepare(driver)
    run_id = start(driver, thread_id)
    driver.settle(until=lambda: "response_id" in driver.runs(thread_id)[-1])
    path = f"/threads/{thread_id}/runs/{run_id}/cancel"

    statuses = [driver.call("POST", path)[0] for _ in range(2)]
    driver.recover(thread_id)

    assert statuses[0] == 200
    assert statuses[1] in (200, 400)  # by then it may have ended
    assert driver.call("POST", path)[0] == 400
    assert driver.call("POST", f"/threads/{thread_id}/runs/run_unknown/cancel")[0] == 404


def test_f028_a_thread_that_is_deleted_ends_its_run(driver: Driver) -> None:
    """Nothing recreates the thread, and the model's work ends."""
    driver.control.hold("in_progress")
    thread_id = prepare(driver)
    start(driver, thread_id)
    driver.settle(until=lambda: "response_id" in driver.runs(thread_id)[-1])

    driver.must("DELETE", f"/threads/{thread_id}")
    driver.settle(until=lambda: not driver.runs(thread_id))
    driver.control.release()
    driver.settle()

    assert driver.call("GET", f"/threads/{thread_id}")[0] == 404
    assert driver.table.get(keys.thread(TENANT, thread_id)) is None
    assert driver.control.counters()["unfinished"] == []


def test_f029_after_a_cancel_during_tools_the_thread_answers_again(driver: Driver) -> None:
    """An open call is not held against the next run."""
    driver.control.script_answer(calls=[SCHEMA])
    thread_id = prepare(driver)

    def cancel() -> None:
        run_id = driver.runs(thread_id)[-1]["id"]
        driver.must("POST", f"/threads/{thread_id}/runs/{run_id}/cancel")

    driver.invocations.before("ExecuteToolFunction", cancel)
    assert play_run(driver, thread_id)["run_status"] == "cancelled"

    assert is_usable(driver, thread_id)


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
    """Past its deadline the run is closed whatever nobody has been told."""
    driver.control.hold("in_progress")
    thread_id = prepare(driver)
    run_id = start(driver, thread_id)
    driver.settle(until=lambda: "response_id" in driver.runs(thread_id)[-1])
    with monkeypatch.context() as patch:
        patch.setattr(driver.stack.aws, "on_status_change", lambda _: None)
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


def test_a_deadline_of_its_own_ends_a_run(driver: Driver) -> None:
    """An assistant's or a run's metadata may ask for less or more than the deployment's default."""
    driver.control.hold("in_progress")
    thread_id = prepare(driver)
    body = {
        "assistant_id": driver.assistant_id,
        "metadata": {"understudy_deadline_seconds": "7200"},
    }

    run = driver.must("POST", f"/threads/{thread_id}/runs", body)

    assert run["expires_at"] - run["created_at"] == 7200
    driver.control.release()
    driver.recover(thread_id)
    body["metadata"]["understudy_deadline_seconds"] = "forever"
    status, answer = driver.call("POST", f"/threads/{thread_id}/runs", body)
    assert status == 400
    assert answer["error"]["param"] == "metadata.understudy_deadline_seconds"
