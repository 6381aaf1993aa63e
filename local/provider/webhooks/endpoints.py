"""Webhook endpoints of the account, their secrets, and their HTTP operations."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

from local.provider.account import HIDDEN, ApiObject, Objects
from local.provider.checks import BOOLEAN, Json, Parameter
from local.provider.ids import hex_id
from local.provider.web import on_objects, operations

_TEXT = Parameter("a string", required=True)
_NEW_ENDPOINT = {"name": _TEXT, "url": _TEXT, "event_types": Parameter("an array", required=True)}


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
    """A URL that events are sent to. All its secrets sign; the newest is the last."""

    kind = "webhook_endpoint"
    url: str
    name: str
    event_types: list[str]
    secrets: list[str] = field(metadata=HIDDEN, repr=False, default_factory=lambda: [new_secret()])

    def rendered(self) -> Json:
        """Return the API object, which has only a hint of the secret."""
        return {**super().rendered(), "signing_secret_hint": f"whsec_...{self.secrets[-1][-4:]}"}

    def with_secret(self) -> Json:
        """Return the API object with the secret, as it is shown once."""
        return {**self.rendered(), "signing_secret": self.secrets[-1]}


class Endpoints(Objects[Endpoint]):
    """Endpoints by id, oldest first."""

    missing = "Webhook endpoint with id '{id}' not found."
    deleted_kind = "webhook_endpoint.deleted"

    def create(self, body: Json) -> Json:
        """Add an endpoint; returns it with its secret."""
        made = Endpoint(
            id=hex_id("we", 32),
            created_at=self._clock.now(),
            url=body["url"],
            name=body["name"],
            event_types=list(body["event_types"]),
        )
        return self.add(made, url=made.url).with_secret()

    def rotate(self, endpoint_id: str, body: Json) -> Json:
        """Give an endpoint a new secret; a kept old one signs too."""
        with self._changed:
            endpoint = self.get(endpoint_id)
            kept = endpoint.secrets if body.get("keep_old_secret_active_for_24_hours") else []
            endpoint.secrets = [*kept[-1:], new_secret()]
            return endpoint.with_secret()


routes = operations(
    "/webhook_endpoints",
    lambda provider: provider.endpoints,
    {
        **on_objects(Endpoints),
        "POST ": (Endpoints.create, _NEW_ENDPOINT),
        "POST /<endpoint_id>/rotate_secret": (
            Endpoints.rotate,
            {"keep_old_secret_active_for_24_hours": BOOLEAN},
        ),
    },
)
