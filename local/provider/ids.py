"""Ids in OpenAI's style: a prefix that names the kind, then random characters."""

import secrets
import string

_ALPHABET = string.ascii_letters + string.digits


def hex_id(prefix: str, length: int = 48) -> str:
    """`resp_68a…`: the style of responses, items, containers and vector stores."""
    return f"{prefix}_{secrets.token_hex(length // 2)}"


def word_id(prefix: str, separator: str = "_", length: int = 24) -> str:
    """`call_Ab3…`, `file-Ab3…`: the style of calls and files."""
    return prefix + separator + "".join(secrets.choice(_ALPHABET) for _ in range(length))
