"""The provider's webhooks: verifies their signature and returns the response that has ended.

The signature is that of Standard Webhooks (https://www.standardwebhooks.com), as OpenAI uses it.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from understudy.errors import InvalidRequestError

TOLERANCE_SECONDS: Final = 300
"""The largest difference between a delivery's timestamp and now, in both directions."""

MAX_BODY: Final = 64 * 1024
"""Bytes. An event names an object and has no contents: a few hundred bytes are usual."""

ENDINGS: Final = frozenset(
    {"response.completed", "response.failed", "response.cancelled", "response.incomplete"}
)
"""The events that end a background response."""

_ID = re.compile(r"[\x21-\x7e]{1,256}")
_SECONDS = re.compile(r"[0-9]{1,12}")
_RESPONSE_ID = re.compile(r"[A-Za-z0-9_-]{1,256}")


@dataclass(frozen=True)
class Delivery:
    """One delivery as it was received. The provider's retries have the same `id`."""

    id: str
    timestamp: str
    signatures: str
    body: bytes


@dataclass(frozen=True)
class NotedWebhook:
    """A stored webhook. `owner` is the tenant, thread and run of its response.

    `owner` is None while the response is not known to belong to a run; `is_new` is False for a
    repeated delivery.
    """

    owner: tuple[str, str, str] | None
    is_new: bool


def read_delivery(headers: Mapping[str, str], body: str | None, *, is_base64: bool) -> Delivery:
    """Returns the delivery of a request; header names are in lower case.

    Raises InvalidRequestError for a request that is not a signed webhook.
    """
    webhook_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    signatures = headers.get("webhook-signature", "")
    if not _ID.fullmatch(webhook_id) or not _SECONDS.fullmatch(timestamp):
        raise InvalidRequestError("This is not a signed webhook.")
    if not signatures or not signatures.isascii():
        raise InvalidRequestError("This is not a signed webhook.")
    return Delivery(webhook_id, timestamp, signatures, _bytes(body or "", is_base64=is_base64))


def verify(delivery: Delivery, secret: str) -> None:
    """Raises InvalidRequestError unless one of the signatures was made with the secret.

    A delivery has several signatures while the provider rotates the secret.
    """
    expected = signature(delivery.id, delivery.timestamp, delivery.body, secret).encode()
    # All signatures are compared, each in constant time, so that timing reveals nothing.
    matches = [
        hmac.compare_digest(expected, given.encode()) for given in delivery.signatures.split()
    ]
    if not any(matches):
        raise InvalidRequestError("The webhook's signature does not match.")


def signature(webhook_id: str, timestamp: str, body: bytes, secret: str) -> str:
    """Returns the signature of a delivery."""
    content = f"{webhook_id}.{timestamp}.".encode() + body
    digest = hmac.new(_key(secret), content, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def check_age(delivery: Delivery, now: float) -> None:
    """Raises InvalidRequestError for a timestamp too far from `now` (Unix seconds)."""
    if abs(now - int(delivery.timestamp)) > TOLERANCE_SECONDS:
        raise InvalidRequestError("The webhook's timestamp is too old or too new.")


def ended_response(delivery: Delivery) -> str | None:
    """Returns the id of the response that has ended, None for an event about something else.

    Raises InvalidRequestError for a body that is not JSON in UTF-8.
    """
    try:
        event = json.loads(delivery.body.decode())
    except (ValueError, RecursionError) as error:
        raise InvalidRequestError("The webhook's body is not JSON.") from error
    kind = event.get("type") if isinstance(event, dict) else None
    if not isinstance(kind, str) or kind not in ENDINGS:
        return None
    data = event.get("data")
    response_id = data.get("id") if isinstance(data, dict) else None
    if not isinstance(response_id, str) or not _RESPONSE_ID.fullmatch(response_id):
        return None
    return response_id


def _bytes(body: str, *, is_base64: bool) -> bytes:
    """Returns the signed bytes; API Gateway encodes bodies that are not text as base64."""
    if len(body) > 2 * MAX_BODY:
        raise InvalidRequestError("The webhook is too large.")
    try:
        return base64.b64decode(body, validate=True) if is_base64 else body.encode()
    except (binascii.Error, UnicodeEncodeError) as error:
        raise InvalidRequestError("The webhook's body cannot be read.") from error


def _key(secret: str) -> bytes:
    """Returns the key: base64 after the prefix `whsec_`, otherwise the secret itself."""
    prefix = "whsec_"
    if secret.startswith(prefix):
        return base64.b64decode(secret.removeprefix(prefix))
    return secret.encode()
