"""Ids in the format of OpenAI's Assistants API (`asst_…`, `thread_…`) that sort by creation.

The newest objects of a kind are therefore a range of ids: a page of a list needs no second index,
and `after=<id>` needs no look-up. The 22 random characters of base 62 are 131 bits, so an id cannot
be guessed.
"""

import hashlib
import secrets
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
"""In ASCII order, so that encoded numbers of one width sort as the numbers do."""

ORDER_WIDTH: Final = 8
RANDOM_WIDTH: Final = 22
SEPARATORS: Final = {"file": "-"}
"""OpenAI's file ids have a hyphen (`file-…`), all other ids an underscore."""


def base62(number: int, width: int) -> str:
    """Returns `number` in `width` characters. Raises OverflowError if it does not fit."""
    digits = []
    for _ in range(width):
        number, digit = divmod(number, 62)
        digits.append(ALPHABET[digit])
    if number:
        raise OverflowError(f"does not fit in {width} characters of base 62")
    return "".join(reversed(digits))


def new_id(prefix: str, *, order: int) -> str:
    """Returns a new id. `order` is milliseconds since 1970, or a position in a list."""
    return _compose(prefix, order, secrets.randbits(130))


def bare_id(prefix: str, *, order: int) -> str:
    """Returns the prefix that all ids of this order share and are sorted by."""
    return f"{prefix}{SEPARATORS.get(prefix, '_')}{base62(order, ORDER_WIDTH)}"


def derived_id(prefix: str, *origin: str, order: int) -> str:
    """Returns the same id each time for the same origin, so that a retry overwrites its items."""
    digest = hashlib.sha256("\x1f".join(origin).encode()).digest()
    return _compose(prefix, order, int.from_bytes(digest[:16], "big"))


def _compose(prefix: str, order: int, noise: int) -> str:
    return bare_id(prefix, order=order) + base62(noise, RANDOM_WIDTH)


def order_of(made: str) -> int:
    """Returns the `order` that an id was made with. Raises ValueError for a foreign id."""
    start = len(made) - RANDOM_WIDTH - ORDER_WIDTH
    if start < 1:
        raise ValueError(f"no id of this format: {made[:64]!r}")
    number = 0
    for digit in made[start : start + ORDER_WIDTH]:
        number = number * len(ALPHABET) + ALPHABET.index(digit)
    return number


def milliseconds(now: float) -> int:
    """Returns Unix seconds as milliseconds, for `order`."""
    return int(now * 1000)
