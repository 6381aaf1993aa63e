"""Faults that tests plan for calls to local AWS."""

import threading
from dataclasses import dataclass
from enum import StrEnum

from local.aws.calls import Call


class Mode(StrEnum):
    """What goes wrong."""

    CRASH_BEFORE = "crash-before"
    """The calling worker is killed before the call takes effect."""
    CRASH_AFTER = "crash-after"
    """The calling worker is killed after the call took effect, before it gets the response."""
    ERROR = "error"
    """AWS responds with an error; the call takes no effect."""
    LOST_RESPONSE = "lost-response"
    """The call takes effect, and the connection breaks without a response."""
    SLOW = "slow"
    """The call takes effect, and the response comes late."""
    THROTTLE = "throttle"
    """AWS responds with the service's throttling error."""


@dataclass(frozen=True)
class Fault:
    """One fault, for the `nth` matching call, counted from 1 since the fault was planned."""

    service: str
    operation: str
    nth: int
    mode: Mode | str
    function: str | None = None
    """The caller's logical id, "states" or "outside"; None matches every caller."""
    times: int = 1
    """How many calls, beginning with the nth, it affects."""
    error: str = "InternalServerError"
    status: int = 500
    seconds: float = 0.0
    """The delay of a slow response in real seconds."""

    def matches(self, call: Call) -> bool:
        """Returns whether a call counts towards `nth`."""
        wanted = (self.service, self.operation)
        return (call.service, call.operation) == wanted and self.function in (
            None,
            call.caller.name,
        )


class Faults:
    """The planned faults of one server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: list[tuple[Fault, list[Call]]] = []
        self._fired: list[tuple[Fault, Call]] = []

    def plan(self, fault: Fault) -> None:
        """Adds a fault."""
        with self._lock:
            self._planned.append((fault, []))

    @property
    def fired(self) -> list[tuple[Fault, Call]]:
        """Returns the faults that have happened, each with its call."""
        with self._lock:
            return list(self._fired)

    def clear(self) -> None:
        """Forgets all faults, planned and fired."""
        with self._lock:
            self._planned.clear()
            self._fired.clear()

    def hit(self, call: Call) -> Fault | None:
        """Counts a call and returns its fault, if it has one."""
        with self._lock:
            for fault, seen in self._planned:
                if not fault.matches(call):
                    continue
                seen.append(call)
                if fault.nth <= len(seen) < fault.nth + fault.times:
                    self._fired.append((fault, call))
                    return fault
        return None
