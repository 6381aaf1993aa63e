"""API keys: how they look, how they are stored, what their owner may do."""

import hashlib
import re
import secrets
from collections.abc import Iterable
from typing import Final

from pydantic import Field

from understudy.domain.base import Record
from understudy.domain.budgets import Limits
from understudy.domain.receivers import Receiver
from understudy.domain.tokens import is_token

PREFIX: Final = "us-"
MAX_LENGTH: Final = 200
MAX_TOKEN_LENGTH: Final = 8000
TENANT: Final = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}")
RESERVED_TENANTS: Final = frozenset({"tool"})
"""Names that stand in a key of the table where a tenant's would: `idempotency#tool#…`."""


class ApiKey(Record):
    """A key of a tenant, by its hash.

    `server_tools` are the tools it may run, `*` is all; `may_approve` is whether it decides calls
    of tools that wait for approval. An application's key should not: it would approve its own.
    `receiver` is where the application is told that a run of this key has ended.
    """

    digest: str
    tenant: str
    name: str
    created_at: int
    server_tools: list[str] = Field(default_factory=lambda: ["*"])
    may_approve: bool = False
    revoked: bool = False
    limits: Limits | None = None
    receiver: Receiver | None = None


def is_tenant(name: str) -> bool:
    """Whether this may name a tenant: it is part of keys in the table and in the bucket."""
    return TENANT.fullmatch(name) is not None and name not in RESERVED_TENANTS


def newest_valid(keys: Iterable[ApiKey]) -> ApiKey | None:
    """The key that says what its tenant may do where no key is shown; None if all are revoked."""
    valid = [key for key in keys if not key.revoked]
    return max(valid, key=lambda key: key.created_at, default=None)


def new_key() -> str:
    """A fresh key, to be shown once. 43 random characters are 256 bits."""
    return PREFIX + secrets.token_urlsafe(32)


def digest_of(key: str) -> str:
    """What is stored of a key. A key is random, so a plain hash is enough."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def bearer_of(header: str | None) -> str | None:
    """The key in an `Authorization` header, None if there is none that could be one."""
    if not header:
        return None
    scheme, _, key = header.partition(" ")
    key = key.strip()
    longest = MAX_TOKEN_LENGTH if is_token(key) else MAX_LENGTH
    if scheme.lower() != "bearer" or not key or len(key) > longest:
        return None
    return key


def masked(key: str) -> str:
    """The key as an error message may show it."""
    return f"{key[:3]}{'*' * 8}{key[-4:]}" if len(key) > 12 else "*" * 8


def settle_server_tools(allowed: list[str], registered: list[str]) -> list[str]:
    """The registered tools that a key may run on our side."""
    if "*" in allowed:
        return sorted(registered)
    return sorted(set(allowed) & set(registered))
