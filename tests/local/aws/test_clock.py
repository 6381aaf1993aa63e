"""The driven clock."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from local.aws.clock import Clock


@pytest.fixture
def slow_clock() -> Iterator[Clock]:
    """A clock that stands nearly still unless it is advanced."""
    clock = Clock(scale=1000)
    yield clock
    clock.close()


def test_an_advance_rings_what_is_due_in_order(slow_clock: Clock) -> None:
    """Alarms ring by their time and not by when they were set."""
    rung: list[str] = []
    done = threading.Event()
    slow_clock.alarm(90, lambda: rung.append("late"))
    slow_clock.alarm(30, lambda: rung.append("early"))
    slow_clock.alarm(95, done.set)
    slow_clock.alarm(500, lambda: rung.append("never"))

    slow_clock.advance(100)

    assert done.wait(5)
    assert rung == ["early", "late"]


def test_a_cancelled_alarm_does_not_ring(slow_clock: Clock) -> None:
    """Cancelling is safe before and after the time."""
    rung = threading.Event()
    alarm = slow_clock.alarm(10, rung.set)
    last = threading.Event()
    slow_clock.alarm(20, last.set)

    alarm.cancel()
    slow_clock.advance(30)

    assert last.wait(5)
    assert not rung.is_set()


def test_a_wait_tells_an_event_from_the_end_of_the_time(slow_clock: Clock) -> None:
    """True for an event that was set, False for time that ran out."""
    happened = threading.Event()
    happened.set()
    with ThreadPoolExecutor(1) as waiting:
        never = waiting.submit(slow_clock.wait, threading.Event(), 50)
        assert slow_clock.await_alarms(1, 5)

        slow_clock.advance(60)

        assert never.result(5) is False
    assert slow_clock.wait(happened, 1_000_000)


def test_a_scale_shortens_waits() -> None:
    """At a scale of 0.001 an hour lasts 3.6 s, so 100 s are over within a blink."""
    clock = Clock(scale=0.001)

    assert not clock.wait(threading.Event(), 100)
    assert clock.now() >= 100

    clock.close()


def test_cancelled_alarms_are_not_kept(slow_clock: Clock) -> None:
    """Most alarms are timeouts that never ring; they must not pile up until they are due."""
    for _ in range(2000):
        slow_clock.alarm(1_000_000, lambda: None).cancel()

    assert len(slow_clock._alarms) < 1000
