"""Checks that several operations share: types, metadata, integer ranges, page sizes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.provider.errors import bad_request, invalid_type, invalid_value

Json = dict[str, Any]

_METADATA_PAIRS = 16
_METADATA_KEY = 64
_METADATA_VALUE = 512

_TYPES: Mapping[str, tuple[type, ...]] = {
    "a string": (str,),
    "a boolean": (bool,),
    "an integer": (int,),
    "a decimal number": (int, float),
    "an object": (dict,),
    "an array": (list,),
    "one of a string or array": (str, list),
    "one of a string or object": (str, dict),
}


def check_type(name: str, value: object, expected: str) -> None:
    """Raise `invalid_type` unless the value is of the type that `expected` names."""
    allowed = _TYPES[expected]
    if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
        raise invalid_type(name, expected, value)


def check_metadata(metadata: object) -> dict[str, str]:
    """At most 16 pairs, keys up to 64 characters, values strings of up to 512."""
    if metadata is None:
        return {}
    if not isinstance(metadata, dict):
        raise invalid_type("metadata", "an object", metadata)
    if len(metadata) > _METADATA_PAIRS:
        raise bad_request(
            "Invalid 'metadata': too many properties. Expected an object with at most "
            f"{_METADATA_PAIRS} properties, but got an object with {len(metadata)} properties "
            "instead.",
            "metadata",
            "object_above_max_properties",
        )
    for key, value in metadata.items():
        if len(key) > _METADATA_KEY:
            raise too_long("metadata", _METADATA_KEY, len(key))
        if not isinstance(value, str):
            raise invalid_type(f"metadata.{key}", "a string", value)
        if len(value) > _METADATA_VALUE:
            raise too_long(f"metadata.{key}", _METADATA_VALUE, len(value))
    return dict(metadata)


def too_long(name: str, limit: int, length: int) -> Exception:
    """The error for a string beyond its limit of characters."""
    return bad_request(
        f"Invalid '{name}': string too long. Expected a string with maximum length {limit}, "
        f"but got a string with length {length} instead.",
        name,
        "string_above_max_length",
    )


def check_minimum(name: str, value: int, minimum: int) -> None:
    """Raise `integer_below_min_value` for less than `minimum`."""
    if value < minimum:
        raise bad_request(
            f"Invalid '{name}': integer below minimum value. Expected a value >= {minimum}, "
            f"but got {value} instead.",
            name,
            "integer_below_min_value",
        )


def check_maximum(name: str, value: float, maximum: int) -> None:
    """Raise `integer_above_max_value` for more than `maximum`."""
    if value > maximum:
        raise bad_request(
            f"Invalid '{name}': integer above maximum value. Expected a value <= {maximum}, "
            f"but got {value} instead.",
            name,
            "integer_above_max_value",
        )


def check_choice(name: str, value: object, choices: list[str]) -> None:
    """Raise `invalid_value` for anything outside the list."""
    if value not in choices:
        raise invalid_value(name, value, choices)


def page(items: list[Json], query: Mapping[str, str], *, maximum: int = 100) -> Json:
    """One page of objects that are listed oldest first, by `limit`, `order`, `after`, `before`.

    `limit` is 20 unless given and at most `maximum`; `order` is newest first unless given.
    """
    limit = _limit(query.get("limit"), maximum)
    order = query.get("order", "desc")
    check_choice("order", order, ["asc", "desc"])
    ordered = items if order == "asc" else items[::-1]
    ids = [item["id"] for item in ordered]
    if (after := query.get("after")) in ids:
        ordered = ordered[ids.index(after) + 1 :]
    elif (before := query.get("before")) in ids:
        ordered = ordered[: ids.index(before)][-limit:]
    shown = ordered[:limit]
    return {
        "object": "list",
        "data": shown,
        "first_id": shown[0]["id"] if shown else None,
        "last_id": shown[-1]["id"] if shown else None,
        "has_more": len(ordered) > limit,
    }


def _limit(given: str | None, maximum: int) -> int:
    if given is None:
        return 20
    if not given.lstrip("-").isdigit():
        raise invalid_type("limit", "an integer", given)
    check_minimum("limit", int(given), 1)
    check_maximum("limit", int(given), maximum)
    return int(given)
