"""What holds after every fault, checked against the table and the ledger.

The numbers are those of `docs/reliability.md`.
"""

import json
import re
import time
from collections import Counter
from typing import Any

from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.open_runs import INDEX_ATTRIBUTES
from understudy.adapters.dynamodb.usage import mark_of
from understudy.domain.runs import RunStatus

from local.aws.faults import Mode
from tests.faults.driver import Driver
from tests.faults.points import PROVIDER, Point
from tests.faults.scenarios import Scenario

TENANT = "local"
FINAL = {str(status) for status in RunStatus if status.is_final}
MOST_REQUESTS = 40
"""Limit of the requests to the provider for one run of a scenario, retries included."""

LONGEST_LIFE = 11 * 365 * 86_400
"""Seconds; API keys and assistants live for ten years."""

AMBIGUOUS = {Mode.CRASH_AFTER, Mode.LOST_RESPONSE, Mode.SLOW, Mode.CRASH_BEFORE, Mode.ERROR}
"""Modes in which the step that created a response may run again without knowing about it."""

MARK = re.compile(r"r[0-9a-f]{12}")
"""An attribute that a counted run has in its row of the ledger."""

ASKING = {"CreateRunFunction", "SubmitToolOutputsFunction"}


def check(driver: Driver, scenario: Scenario, thread_id: str, point: Point | None) -> None:
    """Raises AssertionError that names the violated invariant."""
    check_times(driver)
    check_usage(driver)
    if not scenario.leaves_thread:
        check_queue(driver)
        return
    runs = driver.runs(thread_id)
    assert runs, "the run is lost (I1)"
    for run in runs:
        check_run(driver, run)
    check_thread(driver, thread_id, runs)
    check_one_at_a_time(driver)
    check_messages(driver, thread_id, runs)
    check_tool_calls(driver, runs)
    check_ledger(driver, scenario, runs, point)
    check_queue(driver)


def check_run(driver: Driver, run: dict[str, Any]) -> None:
    """I1, I9: the run has one final status and is in no index of open runs."""
    assert run["run_status"] in FINAL, f"the run is {run['run_status']} for ever (I1, I9)"
    assert "ended_at" in run
    assert not set(INDEX_ATTRIBUTES) & run.keys(), "an ended run looks open (I9)"
    seen = [status for run_id, status in driver.statuses if run_id == run["id"]]
    ended = [status for status in seen if status in FINAL]
    first = seen.index(ended[0])
    assert set(seen[first:]) == {ended[0]}, f"the run left its final status: {seen} (I1)"
    assert mark_of(run["id"]) in marks(driver), "the run is not in the ledger of usage"


def check_thread(driver: Driver, thread_id: str, runs: list[dict[str, Any]]) -> None:
    """I5: the thread has no active run and accepts a message."""
    thread = driver.table.get(keys.thread(TENANT, thread_id))
    assert thread
    held_by = [run for run in runs if run["id"] == thread.get("active_run_id")]
    assert all(run["run_status"] in FINAL for run in held_by), "the thread is still taken (I5)"
    status, answer = driver.call(
        "POST", f"/threads/{thread_id}/messages", {"role": "user", "content": "And then?"}
    )
    assert status == 200, f"the thread is not usable after {runs[-1]['run_status']}: {answer}"


def check_messages(driver: Driver, thread_id: str, runs: list[dict[str, Any]]) -> None:
    """I6: the messages are in the order of acceptance, without losses or duplicates.

    A run's own messages follow those that came with it, and all of them those of the run before.
    """
    partition = keys.thread_partition(TENANT, thread_id)
    stored = list(driver.table.query(partition, prefix=keys.MESSAGES))
    written = Counter(item.get("run_id") for item in stored)
    runs = sorted(runs, key=lambda run: int(run.get("message_base", 0)))
    before = int(runs[0].get("message_base", 0)) - int(runs[0].get("added_messages", 0))
    expected = ["user"] * min(1, before)
    for run in runs:
        answers = 1 if run["run_status"] == "completed" else 0
        if run.get("interrupted") == "interrupt":
            answers = min(1, written[run["id"]])
        expected += ["user"] * int(run.get("added_messages", 0)) + ["assistant"] * answers
    roles = [json.loads(item["body"])["role"] for item in stored]
    assert roles == [*expected, "user"], f"{roles} (I6)"


def check_one_at_a_time(driver: Driver) -> None:
    """I5: no run of the thread starts before the one before it has ended."""
    started: set[str] = set()
    for run_id, status in driver.statuses:
        if status in FINAL:
            started.discard(run_id)
        elif status != "queued":
            started.add(run_id)
        assert len(started) <= 1, f"{started} are active at the same time (I5)"


def check_tool_calls(driver: Driver, runs: list[dict[str, Any]]) -> None:
    """I7: no call of an ended run waits for an output."""
    for run in runs:
        calls = driver.table.query(keys.tool_calls_of(TENANT, run["id"]))
        assert {call["call_status"] for call in calls} <= {"done", "closed"}, "(I7)"


def check_ledger(
    driver: Driver, scenario: Scenario, runs: list[dict[str, Any]], point: Point | None
) -> None:
    """I2, I3, I4, I11: no response is running or was created needlessly, and calls are bounded."""
    unfinished = set(driver.control.counters()["unfinished"])
    known = {run.get("response_id") for run in runs}
    lost = 1 if may_create_twice(point) else 0
    assert not unfinished & known, f"a response goes on whose run has ended: {unfinished} (I2)"
    assert len(unfinished) <= lost, f"responses without a waiting run: {unfinished} (I3)"
    created = [
        event
        for event in driver.control.events(kind="response", action="created")
        if event["detail"]["metadata"].get("run_id")
    ]
    ids = {event["id"] for event in created}
    for run in runs:
        assert run.get("response_id") in {None, *ids}, "a response without a request (I4)"
    per_run = Counter(event["detail"]["metadata"]["run_id"] for event in created)
    allowed = scenario.responses + lost
    assert max(per_run.values(), default=0) <= allowed, f"{per_run} responses (I2)"
    assert len(driver.control.requests()) <= MOST_REQUESTS, "too many requests (I11)"


def may_create_twice(point: Point | None) -> bool:
    """Returns whether a response may be created twice: its step crashed before it got the result.

    The provider has no idempotency key for it, and no way to find the response.
    """
    if point is None or point.caller not in ASKING:
        return False
    if point.service == PROVIDER:
        return point.mode in AMBIGUOUS and point.operation == "POST /responses"
    return point.mode in AMBIGUOUS and point.operation in ("UpdateItem", "PutItem")


def check_usage(driver: Driver) -> None:
    """I2: the ledger of usage counts every ended run once."""
    counted = sum(int(row["runs"]) for row in driver.table.query(keys.usage_of(TENANT)))
    assert counted == len(marks(driver)), f"{counted} runs are counted of {len(marks(driver))}"


def marks(driver: Driver) -> list[str]:
    """Returns the marks of the runs that the ledger has counted."""
    rows = driver.table.query(keys.usage_of(TENANT))
    return [name for row in rows for name in row if MARK.fullmatch(name)]


def check_times(driver: Driver) -> None:
    """I14: DynamoDB accepts every time to live: whole seconds, neither too old nor too far."""
    for item in driver.items("expires_at"):
        ends = item["expires_at"]["N"]
        assert ends.isdigit(), f"{item['pk']} lives until {ends}"
        assert abs(int(ends) - time.time()) < LONGEST_LIFE, f"{item['pk']} lives until {ends}"


def check_queue(driver: Driver) -> None:
    """I12: one fault sends no event to the dead-letter queue."""
    queue = driver.stack.deployment.physical_ids["DeadLetterQueue"]
    waiting = driver.sqs.get_queue_attributes(
        QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"]
    )["Attributes"]["ApproximateNumberOfMessages"]
    assert waiting == "0", f"{waiting} events were given up (I12)"
