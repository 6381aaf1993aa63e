"""F050-F078: faults of the provider, at each request that a run sends."""

from typing import Any

import pytest

from tests.faults.driver import Driver
from tests.faults.plays import (
    CANCELS,
    CREATES,
    READS,
    creates,
    error_of,
    is_usable,
    play_run,
    texts,
    thread_of,
)
from tests.faults.scenarios import prepare, start

PASSING = [408, 409, 500, 502, 503, 504, 529]


@pytest.fixture(autouse=True)
def fresh(driver: Driver) -> None:
    """Each test starts with an empty account at the provider."""
    driver.begin()


@pytest.mark.parametrize("match", [CREATES, READS], ids=["create", "retrieve"])
@pytest.mark.parametrize("status", PASSING)
@pytest.mark.faults
def test_f053_f054_transient_error_is_retried(
    driver: Driver, match: dict[str, str], status: int
) -> None:
    """Also two errors in a row."""
    driver.control.script_fault(status=status, match=match, times=2)

    assert play_run(driver)["run_status"] == "completed"
    assert driver.control.scripts_waiting() == 0


@pytest.mark.parametrize("match", [CREATES, READS], ids=["create", "retrieve"])
@pytest.mark.parametrize("seconds", ["1", "90"])
def test_f050_f051_machine_waits_for_a_rate_limit(
    driver: Driver, match: dict[str, str], seconds: str
) -> None:
    """The state machine waits; the function that got the 429 ends at once."""
    driver.control.script_fault(status=429, headers={"retry-after": seconds}, match=match)
    before = driver.stack.aws.clock.now()

    run = play_run(driver)

    assert run["run_status"] == "completed"
    assert driver.stack.aws.clock.now() - before >= int(seconds)
    assert creates(driver) == 1


def test_f052_exhausted_quota_fails_the_run(driver: Driver) -> None:
    """A retry would fail too, so one request is sent."""
    error = {"code": "insufficient_quota", "message": "You exceeded your current quota."}
    driver.control.script_fault(status=429, error=error, match=CREATES, times=None)

    run = play_run(driver)

    assert (run["run_status"], error_of(run)) == ("failed", "rate_limit_exceeded")
    assert len(driver.control.requests(method="POST", path="/v1/responses")) == 1
    assert "current quota" in run["last_error"]


@pytest.mark.parametrize(
    ("status", "code", "shown"),
    [
        (400, None, "invalid_prompt"),
        (404, "model_not_found", "invalid_prompt"),
        (401, "invalid_api_key", "server_error"),
        (403, None, "server_error"),
    ],
)
def test_f055_f056_rejected_request_fails_the_run_without_internal_details(
    driver: Driver, status: int, code: str | None, shown: str
) -> None:
    """The same request would be rejected again. The thread stays usable."""
    driver.control.script_fault(status=status, error={"code": code}, match=CREATES)

    run = play_run(driver)

    assert (run["run_status"], error_of(run)) == ("failed", shown)
    assert len(driver.control.requests(method="POST", path="/v1/responses")) == 1
    assert "sk-" not in run["last_error"]
    assert is_usable(driver, thread_of(run))


def test_f057_response_that_is_not_found_at_first_is_retried(driver: Driver) -> None:
    """The provider may return a new response with a delay."""
    driver.control.script_fault(status=404, match=READS, times=2)

    assert play_run(driver)["run_status"] == "completed"


def test_f057_response_that_stays_missing_fails_the_run(driver: Driver) -> None:
    """The number of retries is limited."""
    driver.control.script_fault(status=404, match=READS, times=None)

    assert play_run(driver)["run_status"] == "failed"


@pytest.mark.parametrize("match", [CREATES, READS], ids=["create", "retrieve"])
def test_f060_connection_lost_before_the_request_is_retried(
    driver: Driver, match: dict[str, str]
) -> None:
    """The request had no effect, so the retry duplicates nothing."""
    driver.control.script_fault(drop="before", match=match)

    assert play_run(driver)["run_status"] == "completed"
    assert creates(driver) == 1


def test_f061_lost_response_to_a_create_adds_one_message(driver: Driver) -> None:
    """The provider may bill a second response. The thread gets one message."""
    driver.control.script_fault(drop="after", match=CREATES)

    run = play_run(driver)

    assert run["run_status"] == "completed"
    assert creates(driver) == 2
    assert len(texts(driver, thread_of(run))) == 1
    assert driver.control.counters()["unfinished"] == []


@pytest.mark.parametrize("match", [CREATES, READS], ids=["create", "retrieve"])
@pytest.mark.parametrize("malformed", ["json", "html", "truncated", "empty"])
@pytest.mark.faults
def test_f064_f065_unreadable_response_is_retried(
    driver: Driver, match: dict[str, str], malformed: Any
) -> None:
    """Such as the page of a proxy between Understudy and the provider."""
    driver.control.script_fault(malformed=malformed, match=match)

    assert play_run(driver)["run_status"] == "completed"


def test_f066_unknown_output_items_are_ignored(driver: Driver) -> None:
    """The thread gets the message although the response has an unknown kind of item."""
    text = {"type": "output_text", "text": "Fine.", "annotations": []}
    output = [
        {"type": "brand_new_call", "surprise": {"deep": [1, 2, 3]}},
        {"type": "message", "role": "assistant", "content": [text]},
    ]
    driver.control.script_answer(output=output)

    run = play_run(driver)

    assert run["run_status"] == "completed"
    assert texts(driver, thread_of(run)) == ["Fine."]


@pytest.mark.parametrize(
    ("code", "shown", "asked"),
    [
        ("server_error", "server_error", 2),
        ("rate_limit_exceeded", "rate_limit_exceeded", 2),
        ("invalid_prompt", "invalid_prompt", 1),
        ("never_seen_before", "server_error", 1),
    ],
)
def test_f067_failed_response_is_created_again_once(
    driver: Driver, code: str, shown: str, asked: int
) -> None:
    """A second failure is final; failures of other kinds are final at once."""
    error = {"code": code, "message": "No."}
    driver.control.script_answer(status="failed", error=error, times=None)

    run = play_run(driver)

    assert (run["run_status"], error_of(run)) == ("failed", shown)
    assert creates(driver) == asked


def test_f068_truncated_answer_is_stored_as_incomplete(driver: Driver) -> None:
    """The run is incomplete, and the thread has the partial message."""
    driver.control.script_answer(text="As far as", status="incomplete", reason="max_output_tokens")

    run = play_run(driver)

    assert run["run_status"] == "incomplete"
    assert texts(driver, thread_of(run)) == ["As far as"]


@pytest.mark.parametrize("arguments", ["", "{", "[]", "null", '"text"', '{"table": 7}'])
def test_f069_invalid_arguments_are_an_error_output(driver: Driver, arguments: str) -> None:
    """The run continues."""
    call = {"type": "function_call", "call_id": "call_1", "name": "get_table_schema"}
    driver.control.script_answer(output=[{**call, "arguments": arguments}])

    assert play_run(driver)["run_status"] == "completed"


def test_f027_run_is_cancelled_although_the_provider_rejects_the_cancel(
    driver: Driver,
) -> None:
    """The run is cancelled in any case."""
    driver.control.hold("in_progress")
    driver.control.script_fault(status=503, match=CANCELS, times=None)
    thread_id = prepare(driver)
    run_id = start(driver, thread_id)
    driver.settle(until=lambda: "response_id" in driver.runs(thread_id)[-1])

    driver.must("POST", f"/threads/{thread_id}/runs/{run_id}/cancel")
    driver.recover(thread_id)

    driver.control.release()
    driver.settle()
    assert driver.runs(thread_id)[-1]["run_status"] == "cancelled"
    assert texts(driver, thread_id) == []
