"""Detects that a stack is idle, on a machine of any speed.

A stack is busy while an invocation runs, a response is in progress, a webhook is being delivered,
an event is being dispatched, or an execution does anything but wait for a token or a retry.
"""

import threading
import time
from collections import deque
from typing import Any

import pytest

from local.aws.clock import Alarm
from local.aws.states.history import HistoryEvent
from local.stack import Stack
from tests.faults.invocations import Invocations

OVER = {"LambdaFunctionSucceeded", "LambdaFunctionFailed", "LambdaFunctionTimedOut"}
AT_REST = OVER - {"LambdaFunctionSucceeded"} | {
    "TaskSubmitted",
    "TaskFailed",
    "TaskTimedOut",
    "MapIterationSucceeded",
}
"""An execution's last event before it waits for a token, for a retry or for other items."""

LOOK_SECONDS = 0.004
"""Real seconds between two checks."""

KEPT_EVENTS = 40
"""Of each execution, for the message of NeverCalmError."""

LONGEST_WAIT = 1000.0
"""Seconds of the virtual clock. Alarms further away are limits of executions, not waits."""


class NeverCalmError(AssertionError):
    """The stack did not become idle in time."""


class Execution:
    """One execution that has not ended."""

    def __init__(self) -> None:
        self._functions: dict[str | None, int] = {}
        self._last = ""
        self._trail: deque[str] = deque(maxlen=KEPT_EVENTS)

    def __repr__(self) -> str:
        return f"<waiting for {self._functions} after {', '.join(self._trail)}>"

    def note(self, event: HistoryEvent) -> None:
        """Adds an event of its history. A function that timed out may end later."""
        self._trail.append(f"{event.type} ({event.state})")
        waiting = self._functions.get(event.state, 0)
        if event.type in OVER:
            if not waiting:
                return
            self._functions[event.state] = waiting - 1
        elif event.type == "LambdaFunctionScheduled":
            self._functions[event.state] = waiting + 1
        self._last = event.type

    @property
    def is_at_rest(self) -> bool:
        return self._last in AT_REST and not any(self._functions.values())


class Calm:
    """Tracks what runs in one stack, by listening to its executions."""

    def __init__(self, stack: Stack, invocations: Invocations) -> None:
        assert stack.provider is not None
        self._control = stack.provider.control
        self._clock = stack.aws.clock
        self._events_underway = stack.events._outstanding
        self._invocations = invocations
        self._executions: dict[str, Execution] = {}
        self._lock = threading.Lock()
        self._pause = threading.Event()
        self._history, self._status = stack.aws.on_history, stack.aws.on_status_change
        stack.aws.on_history = self._on_history
        stack.aws.on_status_change = self._on_status

    def lose_status_events(self, patch: pytest.MonkeyPatch) -> None:
        """Keeps status events from all listeners while the patch is applied."""
        patch.setattr(self, "_status", lambda _: None)

    def wait(self, give_up: float) -> None:
        """Waits until the stack is idle; raises NeverCalmError at that monotonic time."""
        while self._goes_on() or self._control.counters()["moving"] or self._goes_on():
            self._look_again(give_up)

    def skip(self, give_up: float) -> bool:
        """Skips to the next alarm of an idle stack; returns False without one.

        A waiting execution without an alarm is about to set one, or was just woken.
        """
        while not self._clock.skip(LONGEST_WAIT):
            if not self._executions and not self._events_underway._count:
                return False
            self._look_again(give_up)
            self.wait(give_up)
        while any(alarm.due <= self._clock.now() for alarm in self._alarms()):
            self._look_again(give_up)
        return True

    def executions(self) -> list[str]:
        """Returns the names of the executions that have not ended."""
        with self._lock:
            return list(self._executions)

    def _goes_on(self) -> bool:
        if self._invocations.running or (self._events_underway._count and not self._retries()):
            return True
        with self._lock:
            return not all(each.is_at_rest for each in self._executions.values())

    def _retries(self) -> bool:
        """Returns whether an event waits for a retry."""
        modules = [getattr(alarm._action, "__module__", "") for alarm in self._alarms()]
        return any(module.startswith("local.events") for module in modules)

    def _alarms(self) -> list[Alarm]:
        return [alarm for _, _, alarm in tuple(self._clock._alarms) if not alarm.over]

    def _look_again(self, give_up: float) -> None:
        if time.monotonic() > give_up:
            raise NeverCalmError(
                f"{self._invocations.running} invocations still run, {self._executions}, "
                f"{self._events_underway._count} events, {self._control.counters()['moving']} "
                "responses or webhooks"
            )
        self._pause.wait(LOOK_SECONDS)

    def _on_history(self, event: HistoryEvent) -> None:
        with self._lock:
            if event.execution in self._executions:
                self._executions[event.execution].note(event)
        self._history(event)

    def _on_status(self, event: dict[str, Any]) -> None:
        name, is_new = event["detail"]["name"], event["detail"]["status"] == "RUNNING"
        if is_new:
            with self._lock:
                self._executions[name] = Execution()
        self._status(event)
        if not is_new:
            with self._lock:
                self._executions.pop(name, None)
