"""Webhook endpoints of the account, their secrets, and their HTTP operations."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from local.provider.account import HIDDEN, ApiObject, Objects
from local.provider.checks import Json, check_choice, check_type, require
from local.provider.errors import bad_request
from local.provider.ids import hex_id
from local.provider.web import json_object, object_routes, provider, serve

EVENT_TYPES = [
    *(f"response.{end}" for end in ("cancelled", "completed", "failed", "incomplete")),
    *(f"batch.{end}" for end in ("cancelled", "completed", "expired", "failed")),
]
_OLD_SECRET_SECONDS = 86_400
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}

routes = object_routes("webhook_endpoint.deleted", "/webhook_endpoints", "endpoints")


def new_secret() -> str:
    """Return a signing secret: `whsec_` and 32 random bytes in base64."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def sign(secret: str, webhook_id: str, timestamp: int, body: bytes) -> str:
    """Return the Standard Webhooks signature: `v1,` and the HMAC-SHA256 of id, time and body."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{webhook_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


@dataclass(kw_only=True)
class Endpoint(ApiObject):
    """A URL that events are sent to; `old_secrets` keep signing until their time."""

    kind = "webhook_endpoint"
    url: str
    name: str
    event_types: list[str]
    updated_at: int
    secret: str = field(metadata=HIDDEN, repr=False, default_factory=new_secret)
    old_secrets: list[tuple[str, float]] = field(metadata=HIDDEN, repr=False, default_factory=list)

    def rendered(self) -> Json:
        """Return the API object, which has only a hint of the secret."""
        return {**super().rendered(), "signing_secret_hint": f"whsec_...{self.secret[-4:]}"}

    def with_secret(self) -> Json:
        """Return the API object with the secret, as it is shown once."""
        return {**self.rendered(), "signing_secret": self.secret}


class Endpoints(Objects[Endpoint]):
    """Endpoints by id, oldest first."""

    kind = "webhook_endpoint"
    missing = "Webhook endpoint with id '{id}' not found."

    def create(self, body: Json) -> Endpoint:
        """Add an endpoint. Raises the API's 400."""
        require(body, "event_types", "name", "url")
        check_type("url", body["url"], "a string")
        parts = urlsplit(body["url"])
        local = parts.scheme == "http" and parts.hostname in _LOOPBACK
        if not parts.hostname or (parts.scheme != "https" and not local):
            raise bad_request("Invalid 'url': expected an HTTPS URL.", "url", "invalid_value")
        check_type("event_types", body["event_types"], "an array")
        for index, kind in enumerate(body["event_types"]):
            check_choice(f"event_types[{index}]", kind, EVENT_TYPES)
        now = self._clock.seconds()
        made = Endpoint(
            id=hex_id("we", 32),
            created_at=now,
            updated_at=now,
            url=body["url"],
            name=body["name"],
            event_types=list(body["event_types"]),
        )
        return self.add(made, url=made.url)

    def rotate(self, endpoint_id: str, *, keep_old: bool) -> Endpoint:
        """Give an endpoint a new secret; a kept old one signs too for 24 hours."""
        with self._changed:
            endpoint = self.get(endpoint_id)
            until = self._clock.now() + _OLD_SECRET_SECONDS
            endpoint.old_secrets = [(endpoint.secret, until)] if keep_old else []
            endpoint.secret = new_secret()
            endpoint.updated_at = self._clock.seconds()
            return endpoint

    def secrets_of(self, endpoint: Endpoint) -> list[str]:
        """Return the secrets that sign for an endpoint now, newest first."""
        now = self._clock.now()
        return [endpoint.secret, *(old for old, until in endpoint.old_secrets if until > now)]


def _rotate(endpoint_id: str) -> Json:
    keep_old = bool(json_object().get("keep_old_secret_active_for_24_hours"))
    return provider.endpoints.rotate(endpoint_id, keep_old=keep_old).with_secret()


serve(
    routes,
    {
        "POST ": lambda: provider.endpoints.create(json_object()).with_secret(),
        "POST /<endpoint_id>/rotate_secret": _rotate,
    },
)
