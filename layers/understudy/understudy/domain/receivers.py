"""Application webhooks: the URL that is called when a run of a key has ended, and its secret."""

import base64
import hashlib
import hmac
import secrets
from typing import Final
from urllib.parse import SplitResult, urlsplit

from understudy.domain.base import Record

MAX_URL: Final = 512
"""Characters; the URL is stored with each run of the key."""

LOCAL_DOMAINS: Final = ("localhost", "local", "internal")


class Receiver(Record):
    """A URL of an application. Deliveries are signed with a secret that is derived from `id`.

    The operator sets it for a key. A run keeps the receiver that its key had at its creation.
    """

    url: str
    id: str


def new_receiver(url: str) -> Receiver:
    """Returns a receiver with a new secret."""
    return Receiver(url=url, id=secrets.token_hex(8))


def signing_secret(deployment_secret: str, receiver: Receiver) -> str:
    """Returns the secret that verifies deliveries, in the format of Standard Webhooks.

    It is derived from the deployment's secret and the receiver's id, so the table has no secrets.
    """
    text = f"receiver.{receiver.id}".encode()
    key = hmac.new(deployment_secret.encode(), text, hashlib.sha256).digest()
    return f"whsec_{base64.b64encode(key).decode()}"


def url_problem(url: str, *, loopback: bool = False) -> str | None:
    """Returns why the URL is not allowed, None if it is.

    `loopback`, which only local AWS sets, also allows 127.0.0.1 without TLS.
    """
    if not 0 < len(url) <= MAX_URL or not all("!" <= character <= "~" for character in url):
        return f"A URL has 1 to {MAX_URL} printable ASCII characters and no spaces."
    try:
        parts = urlsplit(url)
        _ = parts.port  # the port is parsed when it is read
    except ValueError:
        return "This is not a URL."
    if loopback and (parts.scheme, parts.hostname) == ("http", "127.0.0.1"):
        return None
    if parts.scheme != "https":
        return "The URL must begin with https://."
    if "@" in parts.netloc or parts.fragment:
        return "The URL must have no user, no password and no fragment."
    return _host_problem(parts)


def _host_problem(parts: SplitResult) -> str | None:
    host = (parts.hostname or "").removesuffix(".")
    if _is_address(host):
        return "The URL must have a host name and no IP address."
    if "." not in host or host.rpartition(".")[2] in LOCAL_DOMAINS:
        return "The URL must have a public host name."
    return None


def _is_address(host: str) -> bool:
    """Returns whether a resolver may read the host as an IP address."""
    return ":" in host or host.rpartition(".")[2][:1].isdigit()
