"""JSON of request bodies; what JSON parsers disagree about is rejected."""

import json
from typing import Any, NoReturn

from understudy.errors import InvalidRequestError

UNREADABLE = (
    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using "
    "your HTTP library correctly. The API expects a JSON payload, but what was sent was not valid "
    "JSON.)"
)
MAX_DEPTH = 100
"""Levels of objects and arrays; later steps walk through a body recursively."""

HALF_A_PAIR = ("\\ud", "\\uD")
"""How an escaped surrogate begins, which may lack its other half."""

INFINITE = (float("inf"), float("-inf"))


def read_object(text: str) -> dict[str, Any]:
    """Returns the object in the text; an empty text is an empty object.

    Raises InvalidRequestError for anything else: no JSON, NaN, a number too large, a member twice,
    too many levels, half a surrogate pair, a NUL.
    """
    if not text.strip(" \t\r\n"):  # JSON's own white space, which is less than Python's
        return {}
    try:
        value = json.loads(text, parse_constant=_reject_constant, object_pairs_hook=_object)
        text.encode()
        if any(escape in text for escape in HALF_A_PAIR):
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise InvalidRequestError(UNREADABLE) from error
    if "\\u0000" in text or "\x00" in text:
        raise InvalidRequestError("The body must not contain NUL characters.", code="invalid_value")
    if not isinstance(value, dict):
        raise InvalidRequestError("The body must be a JSON object.", code="invalid_type")
    _check_values(value)
    return value


def _check_values(value: dict[str, Any]) -> None:
    """Raises InvalidRequestError for too many levels, and for a number too large for a float."""
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        deeper = []
        for node in level:
            for child in node.values() if type(node) is dict else node:
                kind = type(child)
                if kind is dict or kind is list:
                    deeper.append(child)
                elif kind is float and child in INFINITE:
                    raise InvalidRequestError(UNREADABLE)
        level = deeper
        if not level:
            return
    raise InvalidRequestError(
        f"The body must not have more than {MAX_DEPTH} levels.", code="invalid_value"
    )


def _reject_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is there twice")
    return members
