"""Records every call to local AWS."""

import json
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from local.aws.calls import Call

_KEPT_CALLS = 200_000


@dataclass(frozen=True)
class Answer:
    """The response to a call."""

    status: int
    body: bytes


Listener = Callable[[Call, Answer], None]


class Recorder:
    """Keeps the last 200,000 calls in order, without their bodies."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: deque[Call] = deque(maxlen=_KEPT_CALLS)

    def add(self, call: Call) -> None:
        """Records a call."""
        with self._lock:
            self._calls.append(replace(call, body=b""))

    def calls(self, function: str | None = None) -> list[Call]:
        """Returns all calls, or those of one function by its logical id."""
        with self._lock:
            calls = list(self._calls)
        return [call for call in calls if function in (None, call.caller.name)]

    def clear(self) -> None:
        """Forgets all calls."""
        with self._lock:
            self._calls.clear()


def accepted_events(call: Call, answer: Answer) -> list[dict[str, Any]]:
    """Returns the entries of a PutEvents call that EventBridge accepted, with their EventId."""
    if (call.service, call.operation) != ("events", "PutEvents") or answer.status != 200:
        return []
    results = json.loads(answer.body)["Entries"]
    entries = json.loads(call.body)["Entries"]
    return [
        {**entry, "EventId": result["EventId"]}
        for entry, result in zip(entries, results, strict=True)
        if "EventId" in result
    ]
