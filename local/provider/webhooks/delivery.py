"""Delivering events to webhook endpoints: signed and retried; held or duplicated by a test."""

import json
import time
from collections import deque
from dataclasses import asdict, dataclass, field
from functools import partial

import requests

from local.provider.account import Account
from local.provider.checks import Json
from local.provider.ids import hex_id
from local.provider.webhooks.endpoints import Endpoint, Endpoints, sign

_KEPT = 2000
_ATTEMPTS = 5


@dataclass
class Delivery:
    """One event for one endpoint.

    `attempts` are the statuses of the responses, 0 for none; `state` is waiting, held, delivered
    or given_up.
    """

    id: str
    endpoint_id: str
    event: Json
    unsent_copies: int
    state: str
    attempts: list[int] = field(default_factory=list)


class Deliveries:
    """The newest deliveries; each copy is sent by a timer's thread."""

    def __init__(self, account: Account, endpoints: Endpoints) -> None:
        self._hold, self._copies = False, 1
        self._account = account
        self._endpoints = endpoints
        self._changed = account.changed
        self._log: deque[Delivery] = deque(maxlen=_KEPT)

    def set(self, *, hold: bool = False, copies: int = 1) -> None:
        """Hold deliveries from now on, and send each several times."""
        self._hold, self._copies = hold, copies

    def announce(self, event_type: str, object_id: str) -> None:
        """Send an event to every endpoint that subscribes to its type."""
        event = {
            "object": "event",
            "id": hex_id("evt"),
            "type": event_type,
            "created_at": self._account.clock.now(),
            "data": {"id": object_id},
        }
        self._send(event, [e for e in self._endpoints.all() if event_type in e.event_types])

    def send(self, event: Json) -> None:
        """Send any event to every endpoint, signed, whatever the endpoint subscribes to."""
        self._send(event, self._endpoints.all())

    def release(self) -> int:
        """Stop holding and send the held deliveries. Returns how many copies are sent."""
        with self._changed:
            self._hold = False
            held = [each for each in self._log if each.state == "held"]
            for delivery in held:
                delivery.state = "waiting"
                self._submit(delivery)
            return sum(delivery.unsent_copies for delivery in held)

    def log(self) -> list[Json]:
        """Return the recorded deliveries, oldest first."""
        with self._changed:
            return [asdict(delivery) for delivery in self._log]

    def pending(self) -> int:
        """Return how many copies wait for a response or a retry; held ones do not count."""
        with self._changed:
            return sum(each.unsent_copies for each in self._log if each.state != "held")

    def clear(self) -> None:
        """Drop all deliveries and behave normally."""
        with self._changed:
            self.set()
            self._log.clear()

    def _send(self, event: Json, endpoints: list[Endpoint]) -> None:
        with self._changed:
            for endpoint in endpoints:
                state = "held" if self._hold else "waiting"
                delivery = Delivery(hex_id("wh"), endpoint.id, event, self._copies, state)
                self._log.append(delivery)
                if not self._hold:
                    self._submit(delivery)
            self._changed.notify_all()

    def _submit(self, delivery: Delivery) -> None:
        for _ in range(delivery.unsent_copies):
            self._account.timers.later(0, partial(self._attempt, delivery))

    def _attempt(self, delivery: Delivery) -> None:
        endpoint = self._endpoints.find(delivery.endpoint_id)
        status = self._post(delivery, endpoint) if endpoint else 0
        with self._changed:
            delivery.attempts.append(status)
            delivered = 200 <= status < 300
            if delivered or not endpoint or len(delivery.attempts) >= _ATTEMPTS:
                delivery.state = "delivered" if delivered else "given_up"
                delivery.unsent_copies -= 1
            else:
                pause = self._account.speeds.webhook_retry * 2 ** (len(delivery.attempts) - 1)
                self._account.timers.later(pause, partial(self._attempt, delivery))
            self._changed.notify_all()

    def _post(self, delivery: Delivery, endpoint: Endpoint) -> int:
        """Send the event; returns the response's status, or 0 without a response."""
        body = json.dumps(delivery.event, separators=(",", ":")).encode()
        timestamp = int(time.time())
        signatures = [sign(each, delivery.id, timestamp, body) for each in endpoint.secrets]
        headers = {
            "content-type": "application/json",
            "user-agent": "OpenAI/1.0 (+https://platform.openai.com/docs/webhooks)",
            "webhook-id": delivery.id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": " ".join(signatures),
        }
        timeout = self._account.speeds.webhook_timeout
        try:
            return requests.post(
                endpoint.url, data=body, headers=headers, timeout=timeout, allow_redirects=False
            ).status_code
        except requests.RequestException:
            return 0
