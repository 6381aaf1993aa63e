"""Checks that several operations share, with the API's error texts, and pages of lists."""

from collections.abc import Collection, Mapping
from typing import Any

from local.provider.errors import ApiError, bad_request, invalid_type, invalid_value
from local.provider.errors import missing_parameter as missing

Json = dict[str, Any]

_METADATA_PAIRS, _METADATA_KEY, _METADATA_VALUE = 16, 64, 512
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
    """Raise `invalid_type` unless the value has the type that `expected` names."""
    allowed = _TYPES[expected]
    if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
        raise invalid_type(name, expected, value)


def require(body: Json, *names: str, under: str = "") -> None:
    """Raise `missing_required_parameter` for the first name without a value."""
    for name in names:
        if body.get(name) in (None, ""):
            raise missing(f"{under}{name}")


def check_metadata(metadata: object) -> dict[str, str]:
    """Return metadata: at most 16 pairs, keys up to 64 characters, strings of up to 512."""
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
        check_length("metadata", key, _METADATA_KEY)
        check_type(f"metadata.{key}", value, "a string")
        check_length(f"metadata.{key}", value, _METADATA_VALUE)
    return dict(metadata)


def check_length(name: str, text: str, limit: int) -> None:
    """Raise `string_above_max_length` for more than `limit` characters."""
    if len(text) > limit:
        raise bad_request(
            f"Invalid '{name}': string too long. Expected a string with maximum length {limit}, "
            f"but got a string with length {len(text)} instead.",
            name,
            "string_above_max_length",
        )


def check_range(
    name: str, value: float, minimum: int | None = None, maximum: int | None = None
) -> None:
    """Raise `integer_below_min_value` or `integer_above_max_value`."""
    if minimum is not None and value < minimum:
        raise _out_of_range(name, value, "below minimum", f">= {minimum}", "below_min")
    if maximum is not None and value > maximum:
        raise _out_of_range(name, value, "above maximum", f"<= {maximum}", "above_max")


def check_choice(name: str, value: object, choices: Collection[Any]) -> None:
    """Raise `invalid_value` for anything outside the list."""
    if value not in choices:
        raise invalid_value(name, value, list(choices))


def page(items: list[Json], query: Mapping[str, str], *, maximum: int = 100) -> Json:
    """Return one page of objects that are given oldest first.

    `limit` is 20 by default and at most `maximum`; `order` is newest first by default.
    """
    given = query.get("limit", "20")
    if not given.lstrip("-").isdigit():
        raise invalid_type("limit", "an integer", given)
    limit = int(given)
    check_range("limit", limit, 1, maximum)
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


def _out_of_range(name: str, value: float, side: str, bound: str, code: str) -> ApiError:
    return bad_request(
        f"Invalid '{name}': integer {side} value. Expected a value {bound}, but got {value} "
        "instead.",
        name,
        f"integer_{code}_value",
    )
