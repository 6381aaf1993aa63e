"""Tokens that an identity provider issues: what is known of their bearer."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bearer:
    """Who a valid token names, and until when (Unix seconds) it is valid."""

    tenant: str
    subject: str
    expires_at: int


def is_token(key: str) -> bool:
    """Whether what came as a key is a JWT: three parts with dots between; our keys have none."""
    return key.count(".") == 2
