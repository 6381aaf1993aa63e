"""Ids in OpenAI's style: a prefix for the kind of object, then random characters."""

import secrets
import string

_ALPHABET = string.ascii_letters + string.digits


def hex_id(prefix: str, length: int = 48) -> str:
    """Return an id such as `resp_68a…`, for responses, items, containers and vector stores."""
    return f"{prefix}_{secrets.token_hex(length // 2)}"


def word_id(prefix: str, separator: str = "_", length: int = 24) -> str:
    """Return an id such as `call_Ab3…` or `file-Ab3…`, for calls and files."""
    return prefix + separator + "".join(secrets.choice(_ALPHABET) for _ in range(length))
