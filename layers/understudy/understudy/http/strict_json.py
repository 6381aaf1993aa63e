"""JSON as it is taken from outside: what readers disagree about is refused."""

import json
from typing import Any, NoReturn

from understudy.errors import InvalidRequestError

UNREADABLE = (
    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using "
    "your HTTP library correctly. The API expects a JSON payload, but what was sent was not valid "
    "JSON.)"
)


def read_object(text: str) -> dict[str, Any]:
    """The object in the text; an empty text is an empty object.

    Raises InvalidRequestError for anything else: no JSON, NaN, a key twice, too deep, half a
    surrogate pair, a NUL.
    """
    if not text.strip(" \t\r\n"):  # what JSON takes for space, and no other
        return {}
    try:
        value = json.loads(text, parse_constant=_refuse, object_pairs_hook=_once)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise InvalidRequestError(UNREADABLE) from error
    if "\\u0000" in text or "\x00" in text:
        raise InvalidRequestError("The body must not hold NUL characters.", code="invalid_value")
    if not isinstance(value, dict):
        raise InvalidRequestError("The body must be a JSON object.", code="invalid_type")
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is there twice")
    return members
