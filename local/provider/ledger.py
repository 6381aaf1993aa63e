"""What happened at the fake provider: its requests, and what was done to each object."""

import itertools
import threading
from collections import Counter, deque
from typing import Any

from local.provider.checks import Json
from local.provider.clock import Clock

_KEPT_REQUESTS, _KEPT_EVENTS = 5000, 50_000
_KEPT_BODY = 256 * 1024


class Ledger:
    """The newest requests and events, and the set of live objects. Changes notify `changed`."""

    def __init__(self, clock: Clock, changed: threading.Condition) -> None:
        self._clock = clock
        self._changed = changed
        self._sequence = itertools.count(1)
        self._requests: deque[Json] = deque(maxlen=_KEPT_REQUESTS)
        self._events: deque[Json] = deque(maxlen=_KEPT_EVENTS)
        self._live: dict[str, dict[str, Json]] = {}
        self.counters: Counter[str] = Counter()

    def request(self, method: str, path: str, status: int, body: str) -> None:
        """Record a request; its status is 0 if the connection was dropped without a response."""
        with self._changed:
            kept = {"method": method, "path": path, "status": status, "body": body[:_KEPT_BODY]}
            self._requests.append(self._record(**kept))
            self.counters["requests"] += 1
            self._changed.notify_all()

    def note(self, kind: str, object_id: str, action: str, **detail: Any) -> None:
        """Record that an object was created, downloaded, cancelled, deleted, or that it expired."""
        with self._changed:
            self._events.append(self._record(kind=kind, id=object_id, action=action, detail=detail))
            self.counters[f"{kind}.{action}"] += 1
            live = self._live.setdefault(kind, {})
            if action == "created":
                live[object_id] = detail
            elif action in {"deleted", "expired"}:
                live.pop(object_id, None)
            self._changed.notify_all()

    def requests(
        self, *, method: str | None = None, path: str | None = None, since: int = 0
    ) -> list[Json]:
        """Return requests of a method, whose path contains `path`, after sequence `since`."""
        with self._changed:
            return [
                dict(record)
                for record in self._requests
                if record["sequence"] > since
                and method in (None, record["method"])
                and (path is None or path in record["path"])
            ]

    def events(
        self, *, kind: str | None = None, action: str | None = None, object_id: str | None = None
    ) -> list[Json]:
        """Return the object events that match everything given."""
        with self._changed:
            return [
                dict(event)
                for event in self._events
                if kind in (None, event["kind"])
                and action in (None, event["action"])
                and object_id in (None, event["id"])
            ]

    def live(self) -> dict[str, dict[str, Json]]:
        """Return the objects that exist, by kind and id, with what their creation recorded."""
        with self._changed:
            return {kind: dict(objects) for kind, objects in self._live.items() if objects}

    def forget_requests(self) -> None:
        """Drop the recorded requests. Sequence numbers continue."""
        with self._changed:
            self._requests.clear()

    def clear(self) -> None:
        """Drop everything recorded. Sequence numbers continue."""
        with self._changed:
            self._requests.clear()
            self._events.clear()
            self._live.clear()
            self.counters.clear()
            self._changed.notify_all()

    def _record(self, **fields: Any) -> Json:
        return {"sequence": next(self._sequence), "time": self._clock.now(), **fields}
