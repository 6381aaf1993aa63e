"""EventBridge: keeps events and invokes the functions of matching rules."""

import json
import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from local.aws.resources import ACCOUNT, REGION
from local.events.declared import EventRule, fits

_KEPT_EVENTS = 20_000


class EventBuses:
    """All buses of the deployment."""

    def __init__(
        self,
        rules: Iterable[EventRule],
        submit: Callable[[str, bytes], object],
    ) -> None:
        self._rules = list(rules)
        self._submit = submit
        self._seen: deque[dict[str, Any]] = deque(maxlen=_KEPT_EVENTS)
        self._arrived = threading.Condition()

    def put_events(self, entries: Iterable[dict[str, Any]]) -> None:
        """Handles the entries of a PutEvents call that EventBridge accepted."""
        for entry in entries:
            event = {
                "source": entry["Source"],
                "detail-type": entry["DetailType"],
                "detail": json.loads(entry["Detail"]),
                "resources": entry.get("Resources", []),
            }
            bus = str(entry.get("EventBusName") or "default")
            self.emit(event, bus.rpartition("/")[2])

    def emit(self, event: dict[str, Any], bus: str = "default") -> None:
        """Sends one event; fills in id, time, account, region and resources if missing."""
        complete = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "account": ACCOUNT,
            "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": REGION,
            "resources": [],
        } | event
        for rule in self._rules:
            if rule.bus == bus and fits(rule.pattern, complete):
                for function in rule.functions:
                    self._submit(function, json.dumps(complete).encode())
        with self._arrived:
            self._seen.append(complete)
            self._arrived.notify_all()

    def seen(
        self, detail_type: str | None = None, source: str | None = None
    ) -> list[dict[str, Any]]:
        """Returns the last 20,000 events, oldest first, optionally of one type or source."""
        with self._arrived:
            return self._select(detail_type, source)

    def wait_for(
        self, detail_type: str, timeout: float, source: str | None = None, count: int = 1
    ) -> list[dict[str, Any]]:
        """Returns the events of one type once there are `count`. Raises TimeoutError."""
        with self._arrived:
            enough = self._arrived.wait_for(
                lambda: len(self._select(detail_type, source)) >= count, timeout
            )
            if not enough:
                raise TimeoutError(f"no {count} events {detail_type!r} within {timeout:g} s")
            return self._select(detail_type, source)

    def _select(self, detail_type: str | None, source: str | None) -> list[dict[str, Any]]:
        return [
            event
            for event in self._seen
            if detail_type in (None, event["detail-type"]) and source in (None, event["source"])
        ]
