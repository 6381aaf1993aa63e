"""Notes every call to the embedded AWS."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from local.aws.calls import Call

_KEPT_CALLS = 200_000


@dataclass(frozen=True)
class Answer:
    """What a call was answered."""

    status: int
    body: bytes


Listener = Callable[[Call, Answer], None]


class Recorder:
    """The calls in the order in which they came, the last 200,000 of them, without their bodies."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: deque[Call] = deque(maxlen=_KEPT_CALLS)

    def add(self, call: Call) -> None:
        with self._lock:
            self._calls.append(replace(call, body=b""))

    def calls(self, function: str | None = None) -> list[Call]:
        """All calls, or those of one function by its logical id."""
        with self._lock:
            calls = list(self._calls)
        return [call for call in calls if function in (None, call.caller.name)]

    def clear(self) -> None:
        with self._lock:
            self._calls.clear()
