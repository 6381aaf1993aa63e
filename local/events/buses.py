"""EventBridge: takes events, remembers them, and gives them to the rules that match."""

import json
import logging
import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from local.events.declared import EventRule
from local.events.queues import Queues

_KEPT_EVENTS = 1000

_logger = logging.getLogger(__name__)


class EventBuses:
    """All buses of the deployment. Serves rules with functions and queues as their targets.

    Other targets (log groups, buses, topics, input transformers) are not served; `skipped` names
    them, and each is logged once at the start.
    """

    def __init__(
        self,
        rules: Iterable[EventRule],
        submit: Callable[[str, bytes], object],
        queues: Queues,
        region: str,
        account: str,
    ) -> None:
        self._rules = list(rules)
        self._submit = submit
        self._queues = queues
        self._region = region
        self._account = account
        self._seen: deque[dict[str, Any]] = deque(maxlen=_KEPT_EVENTS)
        self._arrived = threading.Condition()
        self.skipped = tuple(
            f"{rule.name} -> {target['Arn']}"
            for rule in self._rules
            for target in rule.targets
            if not _is_served(target)
        )
        for target in self.skipped:
            _logger.warning("this rule's target is not served: %s", target)

    def put_events(self, entries: Iterable[dict[str, Any]]) -> None:
        """Takes the entries of a PutEvents call that EventBridge accepted."""
        for entry in entries:
            event = {
                "source": entry["Source"],
                "detail-type": entry["DetailType"],
                "detail": json.loads(entry["Detail"]),
                "resources": entry.get("Resources", []),
            }
            bus = str(entry.get("EventBusName") or "default")
            self.emit(event, bus.rpartition("/")[2])

    def emit(self, event: dict[str, Any], bus: str = "default") -> dict[str, Any]:
        """Sends one event over a bus and gives it back complete.

        id, time, account, region and resources are filled in where they are missing.
        """
        complete = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "account": self._account,
            "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": self._region,
            "resources": [],
        } | event
        for rule in self._rules:
            if rule.bus == bus and rule.pattern.matches(complete):
                for target in rule.targets:
                    self._send(target, complete)
        with self._arrived:
            self._seen.append(complete)
            self._arrived.notify_all()
        return complete

    def seen(
        self, detail_type: str | None = None, source: str | None = None
    ) -> list[dict[str, Any]]:
        """The last events, oldest first, of one type or source if asked so."""
        with self._arrived:
            return self._select(detail_type, source)

    def wait_for(
        self, detail_type: str, timeout: float, source: str | None = None, count: int = 1
    ) -> list[dict[str, Any]]:
        """The events of one type once there are `count`. Raises TimeoutError."""
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

    def _send(self, target: dict[str, Any], event: dict[str, Any]) -> None:
        if not _is_served(target):
            return
        payload = _input(target, event)
        if _service(target) == "sqs":
            self._queues.send(target["Arn"], payload)
        else:
            self._submit(target["Arn"], payload.encode())


def _service(target: dict[str, Any]) -> str:
    return str(target["Arn"]).split(":")[2]


def _is_served(target: dict[str, Any]) -> bool:
    return _service(target) in ("lambda", "sqs") and "InputTransformer" not in target


def _input(target: dict[str, Any], event: dict[str, Any]) -> str:
    """The constant input of a target, the part that its InputPath picks, or the event."""
    if "Input" in target:
        return str(target["Input"])
    chosen: Any = event
    for step in str(target.get("InputPath", "$")).split(".")[1:]:
        chosen = chosen[step]
    return json.dumps(chosen)
