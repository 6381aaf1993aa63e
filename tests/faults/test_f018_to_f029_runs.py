"""F018-F029: starting and ending runs."""

import json

import pytest
from understudy.adapters.dynamodb import keys
from understudy.domain.ids import new_id

from local.aws.faults import Fault, Mode
from tests.faults.driver import Driver
from tests.faults.invocations import Once
from tests.faults.plays import creates, is_usable, play_run, texts, thread_of
from tests.faults.scenarios import SCHEMA, prepare, start

TENANT = "local"


@pytest.fixture(autouse=True)
def fresh(driver: Driver) -> None:
    """Each test starts with an empty account at the provider."""
    driver.begin()


@pytest.mark.faults
def test_f018_thread_stays_usable_when_every_start_is_throttled(driver: Driver) -> None:
    """The client gets a 503, and the thread has no active run."""
    driver.stack.aws.faults.plan(
        Fault("states", "StartExecution", 1, Mode.THROTTLE, function="StreamRunFunction", times=4)
    )
    thread_id = prepare(driver)

    run = play_run(driver, thread_id)

    assert [each["run_status"] for each in driver.runs(thread_id)] == ["failed", "completed"]
    assert run["run_status"] == "completed"


def test_f020_starting_a_run_is_idempotent(driver: Driver) -> None:
    """Also if the first execution has already ended."""
    run = play_run(driver)
    client = driver.stack.client("stepfunctions")
    machine = driver.stack.deployment.outputs["StateMachineArn"]
    ids = {"tenant": TENANT, "thread_id": thread_of(run), "run_id": run["id"]}

    with pytest.raises(client.exceptions.ExecutionAlreadyExists):
        client.start_execution(stateMachineArn=machine, name=run["id"], input=json.dumps(ids))

    driver.settle()
    assert creates(driver) == 1


def test_f021_run_ids_are_valid_execution_names() -> None:
    """Names have at most 80 letters, digits, hyphens and underscores."""
    for order in (0, 1, 1_800_000_000_000, 2**47):
        run_id = new_id("run", order=order)
        assert len(run_id) <= 80
        assert run_id.replace("_", "").isalnum()
        assert run_id.isascii()


def test_f022_run_cancelled_before_its_request_calls_no_provider(driver: Driver) -> None:
    """No request reaches the provider."""
    thread_id = prepare(driver)

    def cancel() -> None:
        run_id = driver.runs(thread_id)[-1]["id"]
        driver.must("POST", f"/threads/{thread_id}/runs/{run_id}/cancel")

    driver.invocations.before("CreateRunFunction", cancel)
    run = play_run(driver, thread_id)

    assert run["run_status"] == "cancelled"
    assert driver.control.requests() == []


@pytest.mark.parametrize("first", ["cancel", "cancel, by a moment", "completion"])
def test_f025_concurrent_cancel_and_completion_end_the_run_once(driver: Driver, first: str) -> None:
    """In either order. The answer exists only if the run is completed.

    The cancel comes after the completing function has read the run and before it writes it.
    """
    thread_id = prepare(driver)
    answers: list[int] = []

    def cancel() -> None:
        run_id = driver.runs(thread_id)[-1]["id"]
        answers.append(driver.call("POST", f"/threads/{thread_id}/runs/{run_id}/cancel")[0])

    if first == "cancel, by a moment":
        driver.gates.before("FetchResponseFunction", "TransactWriteItems", Once(cancel).pass_by)
    else:
        before = {"cancel": "FetchResponseFunction", "completion": "RecordRunsFunction"}[first]
        driver.invocations.before(before, cancel)
    run = play_run(driver, thread_id)

    completed = first == "completion"
    expected = ("completed", [400], 1) if completed else ("cancelled", [200], 0)
    assert (run["run_status"], answers, len(texts(driver, thread_id))) == expected


def test_f026_cancel_is_idempotent(driver: Driver) -> None:
    """The second request finds the run being cancelled. An unknown run is a 404."""
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


def test_f028_deleting_a_thread_ends_its_run(driver: Driver) -> None:
    """The thread is not recreated, and the provider's response is cancelled."""
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


def test_deleted_thread_starts_no_queued_run(driver: Driver) -> None:
    """Its queue is deleted with it; only the run that was active has asked the model."""
    driver.control.hold("in_progress")
    thread_id = prepare(driver)
    start(driver, thread_id)
    driver.settle(until=lambda: "response_id" in driver.runs(thread_id)[0])
    body = {"assistant_id": driver.assistant_id, "multitask_strategy": "enqueue"}
    for _ in range(2):
        driver.must("POST", f"/threads/{thread_id}/runs", body)

    driver.must("DELETE", f"/threads/{thread_id}")
    driver.settle(until=lambda: not driver.runs(thread_id))
    driver.control.release()
    driver.settle()

    assert driver.runs(thread_id) == []
    assert creates(driver) == 1


def test_f029_thread_accepts_a_run_after_a_cancel_during_tool_calls(driver: Driver) -> None:
    """An open call does not block the next run."""
    driver.control.script_answer(calls=[SCHEMA])
    thread_id = prepare(driver)

    def cancel() -> None:
        run_id = driver.runs(thread_id)[-1]["id"]
        driver.must("POST", f"/threads/{thread_id}/runs/{run_id}/cancel")

    driver.invocations.before("ExecuteToolFunction", cancel)
    assert play_run(driver, thread_id)["run_status"] == "cancelled"

    assert is_usable(driver, thread_id)


def test_deadline_in_the_metadata_expires_a_run(driver: Driver) -> None:
    """The metadata of an assistant or a run may set another deadline than the default."""
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
