"""Tokens that an identity provider issues, and the claims that Understudy uses."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bearer:
    """The tenant and subject of a valid token, and its expiry in Unix seconds."""

    tenant: str
    subject: str
    expires_at: int


def is_token(key: str) -> bool:
    """Returns whether the key in a request is a JWT: it has two dots, and API keys have none."""
    return key.count(".") == 2
