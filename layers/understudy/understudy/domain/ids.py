"""Ids as the original made them (`asst_…`, `thread_…`), with an order inside.

An id sorts by the time of its making, so the newest objects of a kind are found by a range of ids:
a page of a list needs no second index and `after=<id>` needs no look-up. 22 random characters of
62 are 131 bits: an id cannot be guessed.
"""

import hashlib
import secrets
from typing import Final, NewType

AssistantId = NewType("AssistantId", str)
ThreadId = NewType("ThreadId", str)
MessageId = NewType("MessageId", str)
RunId = NewType("RunId", str)
StepId = NewType("StepId", str)
FileId = NewType("FileId", str)
VectorStoreId = NewType("VectorStoreId", str)
Tenant = NewType("Tenant", str)

ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
"""In ASCII order, so that encoded numbers of one width sort as the numbers do."""

ORDER_WIDTH: Final = 8
RANDOM_WIDTH: Final = 22
SEPARATORS: Final = {"file": "-"}
"""The original wrote `file-…` and everything else with an underscore."""


def base62(number: int, width: int) -> str:
    """`number` in `width` characters; raises OverflowError if it does not fit."""
    digits = []
    for _ in range(width):
        number, digit = divmod(number, 62)
        digits.append(ALPHABET[digit])
    if number:
        raise OverflowError(f"does not fit in {width} characters of base 62")
    return "".join(reversed(digits))


def new_id(prefix: str, *, order: int) -> str:
    """A fresh id. `order` is milliseconds since 1970, or a position in a list."""
    return _compose(prefix, order, secrets.randbits(130))


def bare_id(prefix: str, *, order: int) -> str:
    """What all ids of this order begin with, so what they are sorted by."""
    return f"{prefix}{SEPARATORS.get(prefix, '_')}{base62(order, ORDER_WIDTH)}"


def derived_id(prefix: str, *origin: str, order: int) -> str:
    """The same id each time for the same origin, so that a step that runs twice overwrites."""
    digest = hashlib.sha256("\x1f".join(origin).encode()).digest()
    return _compose(prefix, order, int.from_bytes(digest[:16], "big"))


def _compose(prefix: str, order: int, noise: int) -> str:
    return bare_id(prefix, order=order) + base62(noise, RANDOM_WIDTH)


def milliseconds(now: float) -> int:
    """Unix seconds as the milliseconds that `new_id` orders by."""
    return int(now * 1000)
