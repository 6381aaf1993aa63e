"""I10: what users write and what opens doors is in no log, no history and no event."""

import json

import pytest

from tests.faults.driver import Driver
from tests.faults.plays import CREATES, READS
from tests.faults.record import play
from tests.faults.scenarios import CANARY, SCENARIOS


@pytest.fixture(scope="module")
def history(driver: Driver) -> str:
    """All that the executions of a few runs, good and bad, have left in their histories."""
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
def test_no_log_has_what_users_write(driver: Driver) -> None:
    """Not even where the provider quotes it in an error."""
    assert driver.stack.aws.runtime is not None
    for function in driver.stack.deployment.functions:
        logs = driver.stack.aws.runtime.logs(function)
        assert CANARY not in logs, f"{function} logs what users write"


def test_no_history_has_what_users_write(history: str) -> None:
    """The data of an execution is ids and small values."""
    assert CANARY not in history


@pytest.mark.usefixtures("history")
def test_no_log_has_a_key(driver: Driver) -> None:
    """Neither a client's nor the provider's."""
    assert driver.stack.aws.runtime is not None
    assert driver.stack.provider is not None
    for function in driver.stack.deployment.functions:
        logs = driver.stack.aws.runtime.logs(function)
        assert driver.stack.provider.key not in logs
        assert driver.stack.api_key not in logs


def test_no_history_has_a_key(driver: Driver, history: str) -> None:
    """Nor a secret's value."""
    assert driver.stack.provider is not None
    assert driver.stack.provider.key not in history
    assert driver.stack.api_key not in history


@pytest.mark.usefixtures("history")
def test_no_event_has_what_users_write(driver: Driver) -> None:
    """The event of an ended run has only ids and numbers."""
    events = json.dumps(driver.stack.events.seen(), default=str)

    assert driver.stack.events.seen()
    assert CANARY not in events
