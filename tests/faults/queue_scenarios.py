"""The scenarios of a busy thread: a run that waits, and runs that replace the open one."""

from typing import Any

from tests.faults.driver import Driver
from tests.faults.scene import run_of, scenario, start

MEETING = {"name": "book_meeting", "arguments": {}}
STORY = "Once upon a time"


def has_response(driver: Driver, thread_id: str) -> bool:
    """Whether the model works on a run of the thread, or one has ended."""
    return any({"response_id", "ended_at"} & run.keys() for run in driver.runs(thread_id))


def await_response(driver: Driver, thread_id: str) -> None:
    """Lets time pass until the model works on a run; it may have to be started first."""
    driver.settle(until=lambda: has_response(driver, thread_id))
    if not has_response(driver, thread_id):
        driver.sweep(thread_id, 120)
        driver.settle(until=lambda: has_response(driver, thread_id))


def follow(driver: Driver, thread_id: str, strategy: str) -> None:
    """Creates a second run with a message, with retries."""
    body = {
        "assistant_id": driver.assistant_id,
        "multitask_strategy": strategy,
        "additional_messages": [{"role": "user", "content": "Another question."}],
    }
    driver.call("POST", f"/threads/{thread_id}/runs", body)


def check_two_runs(driver: Driver, thread_id: str) -> None:
    """Both runs were accepted, so none is lost."""
    assert len(driver.runs(thread_id)) >= 2


@scenario(check=check_two_runs)
def enqueue(driver: Driver, thread_id: str) -> None:
    driver.control.hold("in_progress")
    start(driver, thread_id)
    await_response(driver, thread_id)
    follow(driver, thread_id, "enqueue")
    driver.control.release()


@scenario(check=check_two_runs)
def interrupt(driver: Driver, thread_id: str) -> None:
    driver.control.script_answer(never_ends=True, written=STORY)
    start(driver, thread_id)
    await_response(driver, thread_id)
    follow(driver, thread_id, "interrupt")


def check_rollback(driver: Driver, thread_id: str) -> None:
    """A run that was rolled back is deleted with its steps and calls, and only such a run."""
    left = {run["id"] for run in driver.runs(thread_id)}
    seen = {run_id for run_id, _ in driver.statuses}
    for run_id in seen - left:
        assert not _items_of(driver, run_id), f"items of the deleted run {run_id}"
        assert "cancelled" in {status for each, status in driver.statuses if each == run_id}
    assert not [run for run in driver.runs(thread_id) if run.get("interrupted") == "rollback"]


def _items_of(driver: Driver, run_id: str) -> list[Any]:
    items = driver.items("sk")
    return [item for item in items if run_id in item["sk"]["S"] or run_id in item["pk"]["S"]]


@scenario(check=check_rollback)
def rollback(driver: Driver, thread_id: str) -> None:
    driver.control.script_answer(calls=[MEETING])
    start(driver, thread_id)
    driver.settle(until=lambda: run_of(driver, thread_id).get("run_status") == "requires_action")
    await_response(driver, thread_id)
    follow(driver, thread_id, "rollback")
