"""The virtual clock."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from local.aws.clock import Clock
from tests.limits import WAIT_SECONDS


@pytest.fixture
def slow_clock() -> Iterator[Clock]:
    """A clock that hardly moves unless it is advanced."""
    clock = Clock(scale=1000)
    yield clock
    clock.close()


def test_advance_fires_alarms_in_order(slow_clock: Clock) -> None:
    """Alarms fire in the order of their times, not in the order in which they were set."""
    fired: list[str] = []
    done = threading.Event()
    slow_clock.alarm(90, lambda: fired.append("late"))
    slow_clock.alarm(30, lambda: fired.append("early"))
    slow_clock.alarm(95, done.set)
    slow_clock.alarm(500, lambda: fired.append("never"))

    slow_clock.advance(100)

    assert done.wait(WAIT_SECONDS)
    assert fired == ["early", "late"]


def test_cancelled_alarm_does_not_fire(slow_clock: Clock) -> None:
    """The alarms after it still fire."""
    fired = threading.Event()
    alarm = slow_clock.alarm(10, fired.set)
    last = threading.Event()
    slow_clock.alarm(20, last.set)

    alarm.cancel()
    slow_clock.advance(30)

    assert last.wait(WAIT_SECONDS)
    assert not fired.is_set()


def test_wait_returns_whether_event_was_set(slow_clock: Clock) -> None:
    """True for an event that was set, False after the timeout."""
    happened = threading.Event()
    happened.set()
    with ThreadPoolExecutor(1) as waiting:
        never = waiting.submit(slow_clock.wait, threading.Event(), 50)
        assert slow_clock.await_alarms(1, WAIT_SECONDS)

        slow_clock.advance(60)

        assert never.result(WAIT_SECONDS) is False
    assert slow_clock.wait(happened, 1_000_000)


def test_scale_shortens_waits() -> None:
    """At a scale of 0.001 a wait of 100 s takes 0.1 s."""
    clock = Clock(scale=0.001)

    assert not clock.wait(threading.Event(), 100)
    assert clock.now() >= 100

    clock.close()


def test_cancelled_alarms_are_not_kept(slow_clock: Clock) -> None:
    """Most alarms are cancelled timeouts; they must not accumulate until they are due."""
    for _ in range(2000):
        slow_clock.alarm(1_000_000, lambda: None).cancel()

    assert len(slow_clock._alarms) < 1000
