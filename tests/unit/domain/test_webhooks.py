"""Signatures and events of the provider's webhooks (F131-F135)."""

import base64
import hashlib
import hmac

import pytest
from understudy.domain.webhooks import (
    MAX_BODY,
    check_age,
    ended_response,
    read_delivery,
    verify,
)
from understudy.errors import InvalidRequestError

KEY = b"an-example-signing-secret-32byte"
SECRET = "whsec_" + base64.b64encode(KEY).decode()
BODY = '{"type":"response.completed","data":{"id":"resp_1"}}'
NOW = 1_800_000_000


def signature(body: str = BODY, key: bytes = KEY, webhook_id: str = "wh_1", at: int = NOW) -> str:
    """Returns a signature as Standard Webhooks defines it."""
    content = f"{webhook_id}.{at}.{body}".encode()
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


def headers(**changed: str) -> dict[str, str]:
    """Returns the headers of a delivery; the names of the arguments have underscores."""
    known = {
        "webhook-id": "wh_1",
        "webhook-timestamp": str(NOW),
        "webhook-signature": signature(),
    }
    return known | {name.replace("_", "-"): value for name, value in changed.items()}


def test_valid_signature_is_accepted() -> None:
    """A delivery as the provider signs it."""
    delivery = read_delivery(headers(), BODY, is_base64=False)

    verify(delivery, SECRET)
    check_age(delivery, NOW)
    assert ended_response(delivery) == "resp_1"


def test_base64_body_is_decoded_before_verification() -> None:
    """API Gateway encodes bodies that it does not take for text."""
    encoded = base64.b64encode(BODY.encode()).decode()

    verify(read_delivery(headers(), encoded, is_base64=True), SECRET)


@pytest.mark.parametrize("position", ["first", "last"])
def test_one_valid_signature_of_several_is_enough(position: str) -> None:
    """While a secret is rotated the provider signs with both (F134)."""
    other = signature(key=b"another-secret")
    both = [signature(), other] if position == "first" else [other, "v1a,unknown", signature()]

    verify(read_delivery(headers(webhook_signature=" ".join(both)), BODY, is_base64=False), SECRET)


def test_secret_without_prefix_is_the_key() -> None:
    """Standard Webhooks allows raw secrets."""
    signed = headers(webhook_signature=signature(key=b"plain"))

    verify(read_delivery(signed, BODY, is_base64=False), "plain")


@pytest.mark.parametrize(
    ("given", "body"),
    [
        (headers(webhook_signature=signature(key=b"other")), BODY),
        (headers(), BODY + " "),
        (headers(), BODY.replace("resp_1", "resp_2")),
        (headers(webhook_id="wh_2"), BODY),
        (headers(webhook_timestamp=str(NOW + 1)), BODY),
        (headers(webhook_signature="v1,"), BODY),
        (headers(webhook_signature=signature().removeprefix("v1,")), BODY),
        (headers(webhook_signature=signature()[:-1]), BODY),
        (headers(webhook_signature="v2," + signature().removeprefix("v1,")), BODY),
    ],
)
def test_wrong_signature_is_rejected(given: dict[str, str], body: str) -> None:
    """Another secret, id, time or body, by as much as one byte (F131)."""
    delivery = read_delivery(given, body, is_base64=False)

    with pytest.raises(InvalidRequestError):
        verify(delivery, SECRET)


@pytest.mark.parametrize(
    "given",
    [
        {},
        headers(webhook_signature=""),
        headers(webhook_signature="v1,é"),
        headers(webhook_id=""),
        headers(webhook_id="wh é"),
        headers(webhook_id="w" * 257),
        headers(webhook_timestamp="now"),
        headers(webhook_timestamp="1e9"),
        headers(webhook_timestamp="-1800000000"),
        headers(webhook_timestamp="\u0661"),
        headers(webhook_timestamp=""),
    ],
)
def test_invalid_headers_are_rejected(given: dict[str, str]) -> None:
    """Missing, not ASCII or not a number: rejected without an unexpected error (F132, F133)."""
    with pytest.raises(InvalidRequestError):
        read_delivery(given, BODY, is_base64=False)


@pytest.mark.parametrize(
    ("body", "is_base64"), [("\ud800", False), ("###", True), ("x" * (2 * MAX_BODY + 1), False)]
)
def test_unreadable_bodies_are_rejected(body: str, is_base64: bool) -> None:
    """A lone surrogate, broken base64, or a body much larger than any event."""
    with pytest.raises(InvalidRequestError):
        read_delivery(headers(), body, is_base64=is_base64)


@pytest.mark.parametrize("seconds", [-301, 301, -10_000, 10_000])
def test_old_delivery_is_rejected(seconds: int) -> None:
    """A recorded delivery cannot be replayed after five minutes (F132)."""
    delivery = read_delivery(headers(), BODY, is_base64=False)

    check_age(delivery, NOW + (300 if seconds > 0 else -300))
    with pytest.raises(InvalidRequestError):
        check_age(delivery, NOW + seconds)


@pytest.mark.parametrize("body", [b"\xff\xfe", b"{", b"", b"[" * 100_000])
def test_signed_body_that_is_not_json_is_rejected(body: bytes) -> None:
    """Also one that is not UTF-8 (F133)."""
    encoded = base64.b64encode(body).decode()

    with pytest.raises(InvalidRequestError):
        ended_response(read_delivery(headers(), encoded, is_base64=True))


@pytest.mark.parametrize(
    "body",
    [
        "null",
        "[]",
        '"text"',
        "{}",
        '{"type":"batch.completed","data":{"id":"batch_1"}}',
        '{"type":["response.completed"],"data":{"id":"resp_1"}}',
        '{"type":"response.completed"}',
        '{"type":"response.completed","data":[]}',
        '{"type":"response.completed","data":{"id":7}}',
        '{"type":"response.completed","data":{"id":"a#b"}}',
    ],
)
def test_other_events_are_ignored(body: str) -> None:
    """They are accepted, so that the provider does not deliver them again for days (F135)."""
    assert ended_response(read_delivery(headers(), body, is_base64=False)) is None
