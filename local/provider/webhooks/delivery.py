"""Delivering events to webhook endpoints: signed and retried; held or duplicated by a test."""

import json
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import partial

import requests

from local.provider.account import Account
from local.provider.checks import Json
from local.provider.ids import hex_id
from local.provider.webhooks.endpoints import Endpoint, Endpoints, sign


@dataclass
class Behaviour:
    """How deliveries misbehave: held, sent `copies` times, released newest first."""

    hold: bool = False
    copies: int = 1
    reverse: bool = False


@dataclass
class Delivery:
    """One event for one endpoint.

    `attempts` are the statuses of the responses, 0 for none; `state` is waiting, held, delivered
    or given_up.
    """

    id: str
    endpoint_id: str
    url: str
    event: Json
    attempts: list[int] = field(default_factory=list)
    state: str = "waiting"
    unsent_copies: int = 0


class Deliveries:
    """The newest deliveries, and the threads that send them."""

    def __init__(self, account: Account, endpoints: Endpoints) -> None:
        self.behaviour = Behaviour()
        self._account = account
        self._endpoints = endpoints
        self._changed = account.changed
        self._log: deque[Delivery] = deque(maxlen=account.options.limits.webhook_deliveries)
        self._held: list[Delivery] = []
        self._pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="webhooks")

    def announce(self, event_type: str, object_id: str) -> None:
        """Send an event to every endpoint that subscribes to its type."""
        event = {
            "object": "event",
            "id": hex_id("evt"),
            "type": event_type,
            "created_at": self._account.clock.seconds(),
            "data": {"id": object_id},
        }
        with self._changed:
            for endpoint in self._endpoints.all():
                if event_type in endpoint.event_types:
                    self._take(endpoint, event)

    def send(self, event: Json) -> None:
        """Send any event to every endpoint, whatever it subscribes to."""
        with self._changed:
            for endpoint in self._endpoints.all():
                self._take(endpoint, event)

    def release(self) -> int:
        """Stop holding and send the held deliveries, newest first if so set. Returns how many."""
        with self._changed:
            self.behaviour.hold = False
            going = self._held[::-1] if self.behaviour.reverse else self._held
            self._held = []
            for delivery in going:
                delivery.state = "waiting"
        if self.behaviour.reverse:
            self._pool.submit(self._in_order, going)
        else:
            for delivery in going:
                self._pool.submit(self._attempt, delivery)
        return len(going)

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
            self.behaviour = Behaviour()
            self._held.clear()
            for delivery in self._log:
                delivery.state = "given_up"
            self._log.clear()

    def close(self) -> None:
        """Stop sending."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _take(self, endpoint: Endpoint, event: Json) -> None:
        delivery = Delivery(hex_id("wh"), endpoint.id, endpoint.url, event)
        self._log.append(delivery)
        delivery.unsent_copies = max(1, self.behaviour.copies)
        copies = [delivery] * delivery.unsent_copies
        if self.behaviour.hold:
            delivery.state = "held"
            self._held += copies
        else:
            for copy in copies:
                self._pool.submit(self._attempt, copy)
        self._changed.notify_all()

    def _in_order(self, deliveries: list[Delivery]) -> None:
        for delivery in deliveries:
            self._attempt(delivery)

    def _attempt(self, delivery: Delivery) -> None:
        endpoint = self._endpoints.find(delivery.endpoint_id)
        status = self._post(delivery, endpoint) if endpoint else 0
        with self._changed:
            delivery.attempts.append(status)
            delivered = 200 <= status < 300
            if delivered or not endpoint or len(delivery.attempts) >= self._most_attempts:
                delivery.state = "delivered" if delivered else "given_up"
                delivery.unsent_copies -= 1
            else:
                pause = self._account.speeds.webhook_retry * 2 ** (len(delivery.attempts) - 1)
                self._account.timers.later(
                    pause, partial(self._pool.submit, self._attempt, delivery)
                )
            self._changed.notify_all()

    @property
    def _most_attempts(self) -> int:
        return self._account.options.limits.webhook_attempts

    def _post(self, delivery: Delivery, endpoint: Endpoint) -> int:
        body = json.dumps(delivery.event, separators=(",", ":")).encode()
        timestamp = int(time.time())
        headers = {
            "content-type": "application/json",
            "user-agent": "OpenAI/1.0 (+https://platform.openai.com/docs/webhooks)",
            "webhook-id": delivery.id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": " ".join(
                sign(secret, delivery.id, timestamp, body)
                for secret in self._endpoints.secrets_of(endpoint)
            ),
        }
        try:
            return requests.post(
                endpoint.url,
                data=body,
                headers=headers,
                timeout=self._account.speeds.webhook_timeout,
                allow_redirects=False,
            ).status_code
        except requests.RequestException:
            return 0
