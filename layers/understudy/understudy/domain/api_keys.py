"""API keys: their format, the form in which they are stored, and what they permit."""

import hashlib
import re
import secrets
from collections.abc import Iterable
from typing import Final

from pydantic import Field

from understudy.domain.base import Record
from understudy.domain.budgets import Limits
from understudy.domain.receivers import Receiver
from understudy.domain.run_queue import MultitaskStrategy
from understudy.domain.tokens import is_token

PREFIX: Final = "us-"
MAX_LENGTH: Final = 200
MAX_TOKEN_LENGTH: Final = 8000
SHORT_DIGEST: Final = 12
TENANT: Final = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}")
RESERVED_TENANTS: Final = frozenset({"tool"})
"""Names that no tenant may have, because keys of the table use them: `idempotency#tool#…`."""


class ApiKey(Record):
    """An API key as it is stored: its hash and what it permits.

    `server_tools` are the server-side tools that its runs may use; `*` permits all. `forwards` are
    the endpoints of the provider that it may use, such as `chat` or `embeddings`. `may_approve`
    permits it to approve and refuse tool calls. An application's key should not have this
    permission, because the application could then approve its own calls.
    `receiver` is the application webhook that is called when a run of this key has ended.
    `multitask_strategy` applies to requests that do not choose one.
    """

    digest: str
    tenant: str
    name: str
    created_at: int
    server_tools: list[str] = Field(default_factory=lambda: ["*"])
    forwards: list[str] = Field(default_factory=lambda: ["*"])
    may_approve: bool = False
    revoked: bool = False
    limits: Limits | None = None
    receiver: Receiver | None = None
    multitask_strategy: MultitaskStrategy = MultitaskStrategy.REJECT


def is_tenant(name: str) -> bool:
    """Returns whether a tenant may have this name, which is part of keys in table and bucket."""
    return TENANT.fullmatch(name) is not None and name not in RESERVED_TENANTS


def newest_valid(keys: Iterable[ApiKey]) -> ApiKey | None:
    """Returns the newest key that is not revoked, None without one.

    It supplies the permissions and limits of work that arrives without a key, like a dropped file.
    """
    valid = [key for key in keys if not key.revoked]
    return max(valid, key=lambda key: key.created_at, default=None)


def new_key() -> str:
    """Returns a new random key of 256 bits; only its hash is stored."""
    return PREFIX + secrets.token_urlsafe(32)


def digest_of(key: str) -> str:
    """Returns the hash under which a key is stored. Keys are random, so they need no salt."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def bearer_of(header: str | None) -> str | None:
    """Returns the key in an `Authorization` header, None without a well-formed one."""
    if not header:
        return None
    scheme, _, key = header.partition(" ")
    key = key.strip()
    longest = MAX_TOKEN_LENGTH if is_token(key) else MAX_LENGTH
    if scheme.lower() != "bearer" or not key or len(key) > longest:
        return None
    return key


def short_digest(digest: str) -> str:
    """Returns the beginning of a hash: 48 bits, enough to tell the keys of a tenant apart."""
    return digest[:SHORT_DIGEST]


def masked(key: str) -> str:
    """Returns the key with its middle hidden, for an error message."""
    return f"{key[:3]}{'*' * 8}{key[-4:]}" if len(key) > 12 else "*" * 8


def settle_server_tools(allowed: list[str], registered: list[str]) -> list[str]:
    """Returns the registered server-side tools that a key permits."""
    if "*" in allowed:
        return sorted(registered)
    return sorted(set(allowed) & set(registered))
