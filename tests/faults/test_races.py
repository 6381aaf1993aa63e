"""Many concurrent callers: one of them succeeds, and every other gets an error.

`make test` uses a few callers, `make faults` fifty.
"""

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from understudy.domain.run_queue import MAX_QUEUED

from tests.faults.driver import Driver
from tests.faults.invariants import check_one_at_a_time
from tests.faults.plays import texts
from tests.faults.scenarios import prepare

CALLERS = [8, pytest.param(50, marks=pytest.mark.faults)]


@pytest.fixture(autouse=True)
def fresh(driver: Driver) -> None:
    """Each test starts with an empty account at the provider."""
    driver.begin()


def at_once(callers: int, call: Callable[[int], Any]) -> list[Any]:
    """Returns what each of that many concurrent callers gets."""
    barrier = threading.Barrier(callers)

    def one(number: int) -> Any:
        barrier.wait()
        return call(number)

    with ThreadPoolExecutor(callers) as pool:
        return list(pool.map(one, range(callers)))


@pytest.mark.parametrize("callers", CALLERS)
def test_f016_one_of_many_concurrent_runs_is_created(driver: Driver, callers: int) -> None:
    """The others get OpenAI's error, and the thread gets one answer."""
    thread_id = prepare(driver)
    body = {"assistant_id": driver.assistant_id}

    answers = at_once(callers, lambda _: driver.call("POST", f"/threads/{thread_id}/runs", body))

    assert sorted(status for status, _ in answers) == [200] + [400] * (callers - 1)
    refusals = [answer["error"]["message"] for status, answer in answers if status == 400]
    assert all("already has an active run" in refusal for refusal in refusals)
    driver.recover(thread_id)
    assert [run["run_status"] for run in driver.runs(thread_id)] == ["completed"]
    assert len(texts(driver, thread_id)) == 1


@pytest.mark.parametrize("callers", [14, pytest.param(100, marks=pytest.mark.faults)])
def test_of_many_queued_runs_at_once_a_full_queue_is_accepted(driver: Driver, callers: int) -> None:
    """The others get a 429. The accepted ones run one after the other, and each answers."""
    thread_id = prepare(driver)
    driver.control.hold("in_progress")
    body = {"assistant_id": driver.assistant_id, "multitask_strategy": "enqueue"}

    answers = at_once(callers, lambda _: driver.call("POST", f"/threads/{thread_id}/runs", body))

    accepted = {answer["id"] for status, answer in answers if status == 200}
    refused = [answer["error"]["code"] for status, answer in answers if status == 429]
    assert (len(accepted), len(refused)) == (1 + MAX_QUEUED, callers - 1 - MAX_QUEUED)
    assert set(refused) == {"run_queue_full"}
    driver.control.release()
    driver.recover(thread_id)
    assert {run["id"] for run in driver.runs(thread_id)} == accepted
    assert {run["run_status"] for run in driver.runs(thread_id)} == {"completed"}
    assert len(texts(driver, thread_id)) == len(accepted)
    check_one_at_a_time(driver)


@pytest.mark.parametrize("callers", [6, pytest.param(15, marks=pytest.mark.faults)])
def test_of_many_interrupting_runs_at_once_one_answers(driver: Driver, callers: int) -> None:
    """Each one cancels those before it."""
    thread_id = prepare(driver)
    driver.control.script_answer(never_ends=True)
    body = {"assistant_id": driver.assistant_id, "multitask_strategy": "interrupt"}
    path = f"/threads/{thread_id}/runs"
    driver.must("POST", path, body)

    answers = at_once(callers, lambda _: driver.call("POST", path, body))

    assert [status for status, _ in answers] == [200] * callers
    driver.recover(thread_id)
    statuses = sorted(run["run_status"] for run in driver.runs(thread_id))
    assert statuses == ["cancelled"] * callers + ["completed"]
    check_one_at_a_time(driver)


def test_message_added_during_run_creation_leaves_one_run(driver: Driver) -> None:
    """The run was written for a thread that has changed: it is deleted and created again."""
    thread_id = prepare(driver)
    message = {"role": "user", "content": "One more."}
    added: list[Any] = []

    def add_message() -> None:
        if not added:
            added.append(driver.must("POST", f"/threads/{thread_id}/messages", message))

    driver.gates.after("StreamRunFunction", "PutItem", add_message)
    created = driver.must(
        "POST", f"/threads/{thread_id}/runs", {"assistant_id": driver.assistant_id}
    )
    driver.gates.open()

    driver.recover(thread_id)
    assert len(added) == 1
    assert [run["id"] for run in driver.runs(thread_id)] == [created["id"]]
    assert len(texts(driver, thread_id)) == 1


@pytest.mark.parametrize("callers", CALLERS)
def test_f003_concurrent_requests_with_one_idempotency_key_create_one_run(
    driver: Driver, callers: int
) -> None:
    """A repeated request gets the same run, or an error that it is in progress."""
    thread_id = prepare(driver)
    path, body = f"/threads/{thread_id}/runs", {"assistant_id": driver.assistant_id}
    headers = {"Idempotency-Key": uuid.uuid4().hex}

    answers = at_once(callers, lambda _: driver.call("POST", path, body, headers))
    answers.append(driver.call("POST", path, body, headers))

    assert {status for status, _ in answers} <= {200, 409}
    made = {answer["id"] for status, answer in answers if status == 200}
    driver.recover(thread_id)
    assert made == {run["id"] for run in driver.runs(thread_id)}
    assert len(made) == 1


@pytest.mark.parametrize("callers", CALLERS)
def test_f094_concurrent_get_or_create_creates_one_thread(driver: Driver, callers: int) -> None:
    """All callers get it."""
    path = f"/users/race-{callers}/threads/support"

    answers = at_once(callers, lambda _: driver.must("PUT", path, {}))

    assert len({answer["id"] for answer in answers}) == 1


@pytest.mark.parametrize("callers", CALLERS)
def test_concurrent_messages_have_one_order(driver: Driver, callers: int) -> None:
    """No message is lost or duplicated (I6)."""
    thread_id = prepare(driver)
    path = f"/threads/{thread_id}/messages"

    made = at_once(
        callers, lambda number: driver.must("POST", path, {"role": "user", "content": str(number)})
    )

    listed = driver.must("GET", f"{path}?order=asc&limit=100")["data"][1:]
    assert sorted(message["id"] for message in made) == [message["id"] for message in listed]
    contents = {message["content"][0]["text"]["value"] for message in listed}
    assert contents == {str(number) for number in range(callers)}
