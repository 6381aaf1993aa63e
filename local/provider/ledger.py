"""What happened at the fake provider: its requests, and what was done to each object."""

import itertools
import threading
from collections import Counter, deque
from dataclasses import dataclass
from typing import Any

from local.provider.clock import Clock
from local.provider.options import Limits


@dataclass(frozen=True)
class RequestRecord:
    """One request to `/v1`. `status` is 0 when the connection was dropped without a response."""

    sequence: int
    time: float
    method: str
    path: str
    query: str
    status: int
    milliseconds: float
    body: str


@dataclass(frozen=True)
class ObjectEvent:
    """An object was created, answered, downloaded, cancelled, deleted, or it expired."""

    sequence: int
    time: float
    kind: str
    id: str
    action: str
    detail: dict[str, Any]


class Ledger:
    """The newest requests and events, and the set of live objects. Changes notify `changed`."""

    def __init__(self, limits: Limits, clock: Clock, changed: threading.Condition) -> None:
        self._limits = limits
        self._clock = clock
        self._changed = changed
        self._sequence = itertools.count(1)
        self._requests: deque[RequestRecord] = deque()
        self._request_bytes = 0
        self._events: deque[ObjectEvent] = deque(maxlen=limits.object_events)
        self._live: dict[str, dict[str, dict[str, Any]]] = {}
        self.counters: Counter[str] = Counter()

    def request(
        self, method: str, path: str, query: str, status: int, seconds: float, body: str
    ) -> None:
        """Record a request that was answered or dropped; the oldest records make room."""
        with self._changed:
            number, now = next(self._sequence), self._clock.now()
            took = round(seconds * 1000, 2)
            self._requests.append(
                RequestRecord(number, now, method, path, query, status, took, body)
            )
            self._request_bytes += len(body)
            while len(self._requests) > self._limits.requests or (
                self._request_bytes > self._limits.request_bytes and len(self._requests) > 1
            ):
                self._request_bytes -= len(self._requests.popleft().body)
            self.counters["requests"] += 1
            self.counters[f"requests.{status}"] += 1
            self._changed.notify_all()

    def note(self, kind: str, object_id: str, action: str, **detail: Any) -> None:
        """Record an event of an object and update the set of live objects."""
        with self._changed:
            number, now = next(self._sequence), self._clock.now()
            self._events.append(ObjectEvent(number, now, kind, object_id, action, detail))
            self.counters[f"{kind}.{action}"] += 1
            live = self._live.setdefault(kind, {})
            if action == "created":
                live[object_id] = detail
            elif action in {"deleted", "expired"}:
                live.pop(object_id, None)
            self._changed.notify_all()

    def requests(
        self, *, method: str | None = None, path: str | None = None, since: int = 0
    ) -> list[RequestRecord]:
        """Return requests of a method, whose path contains `path`, after sequence `since`."""
        with self._changed:
            return [
                record
                for record in self._requests
                if record.sequence > since
                and method in (None, record.method)
                and (path is None or path in record.path)
            ]

    def events(
        self,
        *,
        kind: str | None = None,
        action: str | None = None,
        object_id: str | None = None,
        since: int = 0,
    ) -> list[ObjectEvent]:
        """Return the object events that match everything given."""
        with self._changed:
            return [
                event
                for event in self._events
                if event.sequence > since
                and kind in (None, event.kind)
                and action in (None, event.action)
                and object_id in (None, event.id)
            ]

    def live(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Return the objects that exist, by kind and id, with what their creation recorded."""
        with self._changed:
            return {kind: dict(objects) for kind, objects in self._live.items() if objects}

    def forget_requests(self) -> None:
        """Drop the recorded requests. Sequence numbers continue."""
        with self._changed:
            self._requests.clear()
            self._request_bytes = 0

    def clear(self) -> None:
        """Drop everything recorded. Sequence numbers continue."""
        with self._changed:
            self.forget_requests()
            self._events.clear()
            self._live.clear()
            self.counters.clear()
            self._changed.notify_all()
