"""Where an application is told of its runs' ends: the URL that its key has, and what it may be."""

import base64
import hashlib
import hmac
import secrets
from typing import Final
from urllib.parse import SplitResult, urlsplit

from understudy.domain.base import Record

MAX_URL: Final = 512
"""Characters; the URL is part of each run that is to be told of."""

LOCAL_DOMAINS: Final = ("localhost", "local", "internal")


class Receiver(Record):
    """A URL of an application. What is sent there is signed with a secret that follows from `id`.

    The operator sets it with a key; the runs that the key creates keep it as it was then.
    """

    url: str
    id: str


def new_receiver(url: str) -> Receiver:
    """A receiver with a secret of its own, also for a URL that had one before."""
    return Receiver(url=url, id=secrets.token_hex(8))


def signing_secret(deployment_secret: str, receiver: Receiver) -> str:
    """What the application checks signatures with, as Standard Webhooks writes it.

    It follows from the deployment's secret and the receiver's id, so no secret is in the table.
    """
    text = f"receiver.{receiver.id}".encode()
    key = hmac.new(deployment_secret.encode(), text, hashlib.sha256).digest()
    return f"whsec_{base64.b64encode(key).decode()}"


def url_problem(url: str, *, loopback: bool = False) -> str | None:
    """Why nobody can be told at this URL; None for one that is fine.

    With `loopback`, which no deployment has, this machine is taken as well, without TLS.
    """
    if not 0 < len(url) <= MAX_URL or not all("!" <= character <= "~" for character in url):
        return f"A URL has 1 to {MAX_URL} printable ASCII characters and no spaces."
    try:
        parts = urlsplit(url)
        _ = parts.port  # is read, and refused, only when it is asked for
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
    """Whether a resolver may take the host for one: no name has a colon or ends in a number."""
    return ":" in host or host.rpartition(".")[2][:1].isdigit()
