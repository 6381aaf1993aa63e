"""What happened: every request, and everything that was done to an object."""

from __future__ import annotations

import itertools
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from local.provider.clock import Clock
from local.provider.options import Limits


@dataclass(frozen=True)
class RequestRecord:
    """One request to `/v1`. `status` is 0 when the connection was dropped instead of answered."""

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
    """Something that happened to an object.

    `action` is created, answered, downloaded, cancelled, deleted or expired.
    """

    sequence: int
    time: float
    kind: str
    id: str
    action: str
    detail: dict[str, Any]


class Ledger:
    """Two rings and the set of live objects. Each change wakes whoever waits on `changed`."""

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
        """Record an answered (or dropped) request; the oldest give way when the ring is full."""
        with self._changed:
            record = RequestRecord(
                sequence=next(self._sequence),
                time=self._clock.now(),
                method=method,
                path=path,
                query=query,
                status=status,
                milliseconds=round(seconds * 1000, 2),
                body=body,
            )
            self._requests.append(record)
            self._request_bytes += len(body)
            while len(self._requests) > self._limits.requests or (
                self._request_bytes > self._limits.request_bytes and len(self._requests) > 1
            ):
                self._request_bytes -= len(self._requests.popleft().body)
            self.counters["requests"] += 1
            self.counters[f"requests.{status}"] += 1
            self._changed.notify_all()

    def note(self, kind: str, object_id: str, action: str, **detail: Any) -> None:
        """Record that something happened to an object, and keep the set of live ones."""
        with self._changed:
            event = ObjectEvent(
                next(self._sequence), self._clock.now(), kind, object_id, action, detail
            )
            self._events.append(event)
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
        """Requests of a method, whose path contains `path`, after the sequence number `since`."""
        with self._changed:
            return [
                record
                for record in self._requests
                if record.sequence > since
                and (method is None or record.method == method)
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
        """Object events that match all that is given."""
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
        """The objects that exist, by kind and id, with what was noted when they were made."""
        with self._changed:
            return {kind: dict(objects) for kind, objects in self._live.items() if objects}

    def wait(self, met: Callable[[], bool], timeout: float) -> bool:
        """Block until `met()`, looked at after each change; False after `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(met, timeout)

    def forget_requests(self) -> None:
        """Empty the list of requests. Sequence numbers go on."""
        with self._changed:
            self._requests.clear()
            self._request_bytes = 0

    def clear(self) -> None:
        """Forget everything. Sequence numbers go on."""
        with self._changed:
            self._requests.clear()
            self._request_bytes = 0
            self._events.clear()
            self._live.clear()
            self.counters.clear()
            self._changed.notify_all()


def as_dicts(records: list[RequestRecord] | list[ObjectEvent]) -> Iterator[dict[str, Any]]:
    """Records as JSON objects."""
    return (asdict(record) for record in records)
