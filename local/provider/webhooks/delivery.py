"""Delivering events: signed and retried; held, doubled or reordered when a test says so."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from local.provider.checks import Json
from local.provider.clock import Clock
from local.provider.ids import hex_id
from local.provider.options import Limits, Speeds
from local.provider.timers import Timers
from local.provider.webhooks.endpoints import Endpoint, Endpoints
from local.provider.webhooks.signature import sign


@dataclass
class Behaviour:
    """How deliveries misbehave: kept back, sent `copies` times, released newest first."""

    hold: bool = False
    copies: int = 1
    reverse: bool = False


@dataclass
class Delivery:
    """One event for one endpoint. `attempts` are the statuses that came back, 0 for no answer."""

    id: str
    endpoint_id: str
    url: str
    event: Json
    attempts: list[int] = field(default_factory=list)
    state: str = "waiting"

    def rendered(self) -> Json:
        """As the control API shows it; `state` is waiting, held, delivered or given_up."""
        return {
            "id": self.id,
            "endpoint_id": self.endpoint_id,
            "url": self.url,
            "event": self.event,
            "attempts": list(self.attempts),
            "state": self.state,
        }


class Deliveries:
    """All deliveries, the newest of them remembered."""

    def __init__(
        self,
        endpoints: Endpoints,
        timers: Timers,
        speeds: Speeds,
        limits: Limits,
        clock: Clock,
        changed: threading.Condition,
    ) -> None:
        self.behaviour = Behaviour()
        self._endpoints = endpoints
        self._timers = timers
        self._speeds = speeds
        self._clock = clock
        self._changed = changed
        self._max_attempts = limits.webhook_attempts
        self._log: deque[Delivery] = deque(maxlen=limits.webhook_deliveries)
        self._held: list[Delivery] = []
        self._pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="webhooks")

    def announce(self, event_type: str, object_id: str) -> list[Delivery]:
        """Tell every endpoint that listens to this type of event."""
        event = {
            "object": "event",
            "id": hex_id("evt"),
            "type": event_type,
            "created_at": self._clock.seconds(),
            "data": {"id": object_id},
        }
        with self._changed:
            listening = [e for e in self._endpoints.all() if event_type in e.event_types]
            return [self._take(endpoint, event) for endpoint in listening]

    def send(self, event: Json) -> list[Delivery]:
        """Send any event to every endpoint, whatever it listens to: for unknown types and ids."""
        with self._changed:
            return [self._take(endpoint, event) for endpoint in self._endpoints.all()]

    def test(self, endpoint: Endpoint, event_type: str) -> int:
        """Send a test event now and return the endpoint's status, 0 if there was no answer."""
        event = {
            "object": "event",
            "id": hex_id("evt"),
            "type": event_type,
            "created_at": self._clock.seconds(),
            "data": {"id": "resp_test"},
        }
        return self._post(Delivery(hex_id("wh"), endpoint.id, endpoint.url, event), endpoint)

    def release(self) -> int:
        """Stop holding and send what was held, newest first if so set. Returns how many."""
        with self._changed:
            self.behaviour.hold = False
            going = self._held[::-1] if self.behaviour.reverse else self._held
            self._held = []
        if self.behaviour.reverse:
            self._pool.submit(self._in_order, going)
        else:
            for delivery in going:
                self._start(delivery)
        return len(going)

    def log(self) -> list[Delivery]:
        """The deliveries that are remembered, oldest first."""
        with self._changed:
            return list(self._log)

    def pending(self) -> int:
        """How many wait for an answer or for their next try; held ones do not count."""
        with self._changed:
            return sum(delivery.state == "waiting" for delivery in self._log)

    def clear(self) -> None:
        """Forget all deliveries and behave."""
        with self._changed:
            self.behaviour = Behaviour()
            self._held.clear()
            for delivery in self._log:
                delivery.state = "given_up"
            self._log.clear()

    def close(self) -> None:
        """Stop sending."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _take(self, endpoint: Endpoint, event: Json) -> Delivery:
        delivery = Delivery(hex_id("wh"), endpoint.id, endpoint.url, event)
        self._log.append(delivery)
        copies = [delivery] * max(1, self.behaviour.copies)
        if self.behaviour.hold:
            delivery.state = "held"
            self._held += copies
        else:
            for copy in copies:
                self._start(copy)
        self._changed.notify_all()
        return delivery

    def _start(self, delivery: Delivery) -> None:
        delivery.state = "waiting"
        self._pool.submit(self._attempt, delivery)

    def _in_order(self, deliveries: list[Delivery]) -> None:
        for delivery in deliveries:
            delivery.state = "waiting"
            self._attempt(delivery)

    def _attempt(self, delivery: Delivery) -> None:
        with self._changed:
            endpoint = next(
                (e for e in self._endpoints.all() if e.id == delivery.endpoint_id), None
            )
        status = self._post(delivery, endpoint) if endpoint else 0
        with self._changed:
            delivery.attempts.append(status)
            if 200 <= status < 300:
                delivery.state = "delivered"
            elif endpoint is None or len(delivery.attempts) >= self._max_attempts:
                delivery.state = "given_up"
            else:
                pause = self._speeds.webhook_retry * 2 ** (len(delivery.attempts) - 1)
                self._timers.later(pause, partial(self._retry, delivery))
            self._changed.notify_all()

    def _retry(self, delivery: Delivery) -> None:
        self._pool.submit(self._attempt, delivery)

    def _post(self, delivery: Delivery, endpoint: Endpoint) -> int:
        body = json.dumps(delivery.event, separators=(",", ":")).encode()
        timestamp = int(time.time())
        signatures = [
            sign(secret, delivery.id, timestamp, body)
            for secret in self._endpoints.secrets_of(endpoint)
        ]
        headers = {
            "content-type": "application/json",
            "user-agent": "OpenAI/1.0 (+https://platform.openai.com/docs/webhooks)",
            "webhook-id": delivery.id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": " ".join(signatures),
        }
        return _post(endpoint.url, body, headers, self._speeds.webhook_timeout)


def _post(url: str, body: bytes, headers: dict[str, Any], timeout: float) -> int:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=timeout)
    target = parts.path or "/"
    try:
        connection.request(
            "POST", f"{target}?{parts.query}" if parts.query else target, body, headers
        )
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
