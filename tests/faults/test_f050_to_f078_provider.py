"""F050-F078: what the provider can do wrong, at each call that a run makes of it."""

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
def test_f053_f054_a_passing_error_is_tried_again(
    driver: Driver, match: dict[str, str], status: int
) -> None:
    """Twice in a row does not hurt a run either."""
    driver.control.script_fault(status=status, match=match, times=2)

    assert play_run(driver)["run_status"] == "completed"
    assert driver.control.scripts_waiting() == 0


@pytest.mark.parametrize("match", [CREATES, READS], ids=["create", "retrieve"])
@pytest.mark.parametrize("seconds", ["1", "90"])
def test_f050_f051_a_rate_limit_is_waited_out(
    driver: Driver, match: dict[str, str], seconds: str
) -> None:
    """The wait is the machine's: the function that was refused ends at once."""
    driver.control.script_fault(status=429, headers={"retry-after": seconds}, match=match)
    before = driver.stack.aws.clock.now()

    run = play_run(driver)

    assert run["run_status"] == "completed"
    assert driver.stack.aws.clock.now() - before >= int(seconds)
    assert creates(driver) == 1


def test_f052_a_used_up_quota_ends_the_run(driver: Driver) -> None:
    """Waiting would not help, so the provider is asked once."""
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
def test_f055_f056_a_refusal_is_final_and_tells_nothing_of_the_inside(
    driver: Driver, status: int, code: str | None, shown: str
) -> None:
    """The same request would be refused again; the thread goes on."""
    driver.control.script_fault(status=status, error={"code": code}, match=CREATES)

    run = play_run(driver)

    assert (run["run_status"], error_of(run)) == ("failed", shown)
    assert len(driver.control.requests(method="POST", path="/v1/responses")) == 1
    assert "sk-" not in run["last_error"]
    assert is_usable(driver, thread_of(run))


def test_f057_a_response_that_is_not_found_at_once_is_looked_for_again(driver: Driver) -> None:
    """The provider may take a moment to know what it has created."""
    driver.control.script_fault(status=404, match=READS, times=2)

    assert play_run(driver)["run_status"] == "completed"


def test_f057_a_response_that_stays_unknown_fails_the_run(driver: Driver) -> None:
    """The number of retries is bounded."""
    driver.control.script_fault(status=404, match=READS, times=None)

    assert play_run(driver)["run_status"] == "failed"


@pytest.mark.parametrize("match", [CREATES, READS], ids=["create", "retrieve"])
def test_f060_a_connection_that_breaks_before_the_request_is_made_again(
    driver: Driver, match: dict[str, str]
) -> None:
    """Nothing has happened, so nothing is there twice."""
    driver.control.script_fault(drop="before", match=match)

    assert play_run(driver)["run_status"] == "completed"
    assert creates(driver) == 1


def test_f061_a_lost_create_answers_once(driver: Driver) -> None:
    """There may be a second response, which is billed; there is no second answer."""
    driver.control.script_fault(drop="after", match=CREATES)

    run = play_run(driver)

    assert run["run_status"] == "completed"
    assert creates(driver) == 2
    assert len(texts(driver, thread_of(run))) == 1
    assert driver.control.counters()["unfinished"] == []


@pytest.mark.parametrize("match", [CREATES, READS], ids=["create", "retrieve"])
@pytest.mark.parametrize("malformed", ["json", "html", "truncated", "empty"])
@pytest.mark.faults
def test_f064_f065_an_answer_that_cannot_be_read_is_asked_for_again(
    driver: Driver, match: dict[str, str], malformed: Any
) -> None:
    """Whatever stands between us and the provider."""
    driver.control.script_fault(malformed=malformed, match=match)

    assert play_run(driver)["run_status"] == "completed"


def test_f066_items_that_nobody_knows_are_tolerated(driver: Driver) -> None:
    """A new kind of output item does not keep the answer from its thread."""
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
def test_f067_a_failed_response_is_made_anew_once_where_that_may_help(
    driver: Driver, code: str, shown: str, asked: int
) -> None:
    """A second failure is final, other failures are at once."""
    error = {"code": code, "message": "No."}
    driver.control.script_answer(status="failed", error=error, times=None)

    run = play_run(driver)

    assert (run["run_status"], error_of(run)) == ("failed", shown)
    assert creates(driver) == asked


def test_f068_a_cut_answer_is_kept_and_marked(driver: Driver) -> None:
    """The run is incomplete, what there is of the answer is in the thread."""
    driver.control.script_answer(text="As far as", status="incomplete", reason="max_output_tokens")

    run = play_run(driver)

    assert run["run_status"] == "incomplete"
    assert texts(driver, thread_of(run)) == ["As far as"]


@pytest.mark.parametrize("arguments", ["", "{", "[]", "null", '"text"', '{"table": 7}'])
def test_f069_arguments_that_make_no_sense_are_an_error_for_the_model(
    driver: Driver, arguments: str
) -> None:
    """The run goes on."""
    call = {"type": "function_call", "call_id": "call_1", "name": "get_table_schema"}
    driver.control.script_answer(output=[{**call, "arguments": arguments}])

    assert play_run(driver)["run_status"] == "completed"


def test_f027_a_cancel_that_the_provider_does_not_take_ends_the_run_all_the_same(
    driver: Driver,
) -> None:
    """The user's cancel counts, whatever the response becomes."""
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
