"""Webhook endpoints of the account."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from local.provider.checks import Json, check_type
from local.provider.clock import Clock
from local.provider.errors import bad_request, invalid_value, missing_parameter, not_found
from local.provider.ids import hex_id
from local.provider.ledger import Ledger
from local.provider.webhooks.signature import new_secret

EVENT_TYPES = [
    "response.cancelled",
    "response.completed",
    "response.failed",
    "response.incomplete",
    "batch.cancelled",
    "batch.completed",
    "batch.expired",
    "batch.failed",
]
_OLD_SECRET_SECONDS = 86_400
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass
class Endpoint:
    """A URL that is told of events; `old_secrets` still sign until their time."""

    id: str
    url: str
    name: str
    event_types: list[str]
    created_at: int
    updated_at: int
    secret: str = field(default_factory=new_secret, repr=False)
    old_secrets: list[tuple[str, float]] = field(default_factory=list, repr=False)

    def rendered(self) -> Json:
        """The API object, with no more than a hint of the secret."""
        return {
            "id": self.id,
            "object": "webhook_endpoint",
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "event_types": self.event_types,
            "name": self.name,
            "signing_secret_hint": f"whsec_...{self.secret[-4:]}",
            "url": self.url,
        }

    def with_secret(self) -> Json:
        """The API object as it is shown once: with the secret."""
        return {**self.rendered(), "signing_secret": self.secret}


class Endpoints:
    """Endpoints by id, oldest first."""

    def __init__(self, ledger: Ledger, clock: Clock, changed: threading.Condition) -> None:
        self._ledger = ledger
        self._clock = clock
        self._changed = changed
        self._endpoints: dict[str, Endpoint] = {}

    def create(self, body: Any) -> Endpoint:
        """Add an endpoint. Raises the API's 400."""
        check_type("body", body, "an object")
        for name in ("event_types", "name", "url"):
            if name not in body:
                raise missing_parameter(name)
        now = self._clock.seconds()
        url, kinds = _checked_url(body["url"]), _checked_types(body["event_types"])
        endpoint = Endpoint(hex_id("we", 32), url, body["name"], kinds, now, now)
        with self._changed:
            self._endpoints[endpoint.id] = endpoint
            self._ledger.note("webhook_endpoint", endpoint.id, "created", url=url)
        return endpoint

    def get(self, endpoint_id: str) -> Endpoint:
        """The endpoint, or the API's 404."""
        with self._changed:
            if (endpoint := self._endpoints.get(endpoint_id)) is not None:
                return endpoint
        raise not_found(f"Webhook endpoint with id '{endpoint_id}' not found.")

    def all(self) -> list[Endpoint]:
        """All endpoints, oldest first."""
        with self._changed:
            return list(self._endpoints.values())

    def update(self, endpoint_id: str, body: Any) -> Endpoint:
        """Change URL, name or event types."""
        check_type("body", body, "an object")
        with self._changed:
            endpoint = self.get(endpoint_id)
            if body.get("url") is not None:
                endpoint.url = _checked_url(body["url"])
            if body.get("event_types") is not None:
                endpoint.event_types = _checked_types(body["event_types"])
            endpoint.name = body.get("name") or endpoint.name
            endpoint.updated_at = self._clock.seconds()
            return endpoint

    def rotate(self, endpoint_id: str, *, keep_old: bool) -> Endpoint:
        """Give an endpoint a new secret; the old one signs too for 24 hours if it is kept."""
        with self._changed:
            endpoint = self.get(endpoint_id)
            until = self._clock.now() + _OLD_SECRET_SECONDS
            endpoint.old_secrets = [(endpoint.secret, until)] if keep_old else []
            endpoint.secret = new_secret()
            endpoint.updated_at = self._clock.seconds()
            return endpoint

    def delete(self, endpoint_id: str) -> None:
        """Remove an endpoint."""
        with self._changed:
            self.get(endpoint_id)
            del self._endpoints[endpoint_id]
            self._ledger.note("webhook_endpoint", endpoint_id, "deleted")

    def secrets_of(self, endpoint: Endpoint) -> list[str]:
        """The secrets that sign for an endpoint now, newest first."""
        now = self._clock.now()
        return [endpoint.secret, *(old for old, until in endpoint.old_secrets if until > now)]

    def clear(self) -> None:
        """Remove all endpoints."""
        with self._changed:
            self._endpoints.clear()


def _checked_url(url: Any) -> str:
    check_type("url", url, "a string")
    parts = urlsplit(url)
    local = parts.scheme == "http" and parts.hostname in _LOOPBACK
    if not parts.hostname or (parts.scheme != "https" and not local):
        raise bad_request("Invalid 'url': expected an HTTPS URL.", "url", "invalid_value")
    return str(url)


def _checked_types(kinds: Any) -> list[str]:
    check_type("event_types", kinds, "an array")
    for index, kind in enumerate(kinds):
        if kind not in EVENT_TYPES:
            raise invalid_value(f"event_types[{index}]", kind, EVENT_TYPES)
    return list(kinds)
