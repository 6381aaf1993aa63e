"""I10: users' content and keys are in no log, no history and no event."""

import json

import pytest

from tests.faults.driver import Driver
from tests.faults.plays import CREATES, READS
from tests.faults.record import play
from tests.faults.scenarios import CANARY, SCENARIOS


@pytest.fixture(scope="module")
def history(driver: Driver) -> str:
    """Returns the histories of the executions of a few runs, completed and failed."""
    driver.begin()
    listening, seen = driver.stack.aws.on_history, []
    driver.stack.aws.on_history = lambda event: (
        seen.append(json.dumps(dict(event.details), default=str)),  # type: ignore[func-returns-value]
        listening(event),
    )
    for name in ("plain", "three-tools", "client-tools"):
        play(driver, SCENARIOS[name])
    for match in (CREATES, READS):
        driver.begin()
        error = {"message": f"You wrote {CANARY}, which is not allowed."}
        driver.control.script_fault(status=400, error=error, match=match)
        thread_id = driver.must(
            "POST", "/threads", {"messages": [{"role": "user", "content": CANARY}]}
        )["id"]
        SCENARIOS["plain"].play(driver, thread_id)
        driver.recover(thread_id)
    driver.stack.aws.on_history = listening
    assert len(seen) > 100
    return "\n".join(seen)


@pytest.mark.usefixtures("history")
def test_logs_have_no_content_of_users(driver: Driver) -> None:
    """Also if the provider quotes it in an error."""
    assert driver.stack.aws.runtime is not None
    for function in driver.stack.deployment.functions:
        logs = driver.stack.aws.runtime.logs(function)
        assert CANARY not in logs, f"{function} logs what users write"


def test_histories_have_no_content_of_users(history: str) -> None:
    """The data of an execution consists of ids and small values."""
    assert CANARY not in history


@pytest.mark.usefixtures("history")
def test_logs_have_no_keys(driver: Driver) -> None:
    """Neither a client's key nor the provider's."""
    assert driver.stack.aws.runtime is not None
    assert driver.stack.provider is not None
    for function in driver.stack.deployment.functions:
        logs = driver.stack.aws.runtime.logs(function)
        assert driver.stack.provider.key not in logs
        assert driver.stack.api_key not in logs


def test_histories_have_no_keys(driver: Driver, history: str) -> None:
    """Neither a client's key nor the provider's."""
    assert driver.stack.provider is not None
    assert driver.stack.provider.key not in history
    assert driver.stack.api_key not in history


@pytest.mark.usefixtures("history")
def test_events_have_no_content_of_users(driver: Driver) -> None:
    """The event of an ended run consists of ids and numbers."""
    events = json.dumps(driver.stack.events.seen(), default=str)

    assert driver.stack.events.seen()
    assert CANARY not in events
