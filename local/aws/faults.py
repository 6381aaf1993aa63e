"""Faults that tests plan for calls to the embedded AWS."""

import threading
from dataclasses import dataclass
from enum import StrEnum

from local.aws.calls import Call


class Mode(StrEnum):
    """What goes wrong, as in the catalogue of issue 6."""

    CRASH_BEFORE = "crash-before"
    """The calling worker dies and nothing has happened."""
    CRASH_AFTER = "crash-after"
    """The calling worker dies when it has happened, before it sees the answer."""
    ERROR = "error"
    """AWS answers an error and nothing has happened."""
    LOST_RESPONSE = "lost-response"
    """It has happened, and the connection breaks without an answer."""
    SLOW = "slow"
    """It has happened, and the answer comes late."""
    THROTTLE = "throttle"
    """AWS answers "too many requests" to this call and to those that repeat it."""


@dataclass(frozen=True)
class Fault:
    """One fault: the `nth` call that matches, counted from 1 since the fault was planned."""

    service: str
    operation: str
    nth: int
    mode: Mode | str
    function: str | None = None
    """The logical id of the caller, "states" or "outside"; None matches every caller."""
    times: int = 1
    """How many calls from the nth on are hit."""
    error: str = "InternalServerError"
    status: int = 500
    seconds: float = 0.0
    """How late a slow answer is, in real seconds."""

    def matches(self, call: Call) -> bool:
        return (call.service, call.operation) == (
            self.service,
            self.operation,
        ) and self.function in (None, call.caller.name)


class Faults:
    """The planned faults of one server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: list[tuple[Fault, list[Call]]] = []
        self._fired: list[tuple[Fault, Call]] = []

    def plan(self, fault: Fault) -> None:
        with self._lock:
            self._planned.append((fault, []))

    @property
    def fired(self) -> list[tuple[Fault, Call]]:
        """Which faults have happened, and to which calls."""
        with self._lock:
            return list(self._fired)

    def clear(self) -> None:
        with self._lock:
            self._planned.clear()
            self._fired.clear()

    def hit(self, call: Call) -> Fault | None:
        """Count the call; the fault that it runs into, if any."""
        with self._lock:
            for fault, seen in self._planned:
                if not fault.matches(call):
                    continue
                seen.append(call)
                if fault.nth <= len(seen) < fault.nth + fault.times:
                    self._fired.append((fault, call))
                    return fault
        return None
