"""Event patterns of EventBridge rules and stream filters: equality and `exists`.

See "Amazon EventBridge event patterns". The template uses no other comparison; numbers are not
supported either.
"""

from typing import Any

_ABSENT = object()


class UnsupportedPatternError(ValueError):
    """A pattern that EventBridge would refuse, or one that is not supported locally."""


class EventPattern:
    """A pattern that an event matches. Raises UnsupportedPatternError."""

    def __init__(self, pattern: dict[str, Any]) -> None:
        _check(pattern, "pattern")
        self._pattern = pattern

    def matches(self, event: dict[str, Any]) -> bool:
        """Returns whether every field that the pattern names has one of its values."""
        return _matches(self._pattern, event)


def _check(wanted: Any, where: str) -> None:
    if isinstance(wanted, dict) and wanted:
        for name, inner in wanted.items():
            _check(inner, f"{where}.{name}")
    elif not isinstance(wanted, list) or not wanted or not all(map(_is_supported, wanted)):
        raise UnsupportedPatternError(f"{where}: {wanted} is not supported")


def _is_supported(value: Any) -> bool:
    if isinstance(value, dict):
        return list(value) == ["exists"] and isinstance(value["exists"], bool)
    return value is None or isinstance(value, str | bool)


def _matches(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, dict):
        fields = value if isinstance(value, dict) else {}
        return all(_matches(inner, fields.get(name, _ABSENT)) for name, inner in wanted.items())
    return any(_accepts(each, value) for each in wanted)


def _accepts(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, dict):  # {"exists": ...} asks for a value, not for an object
        exists = value is not _ABSENT and not isinstance(value, dict)
        return exists is wanted["exists"]
    return type(wanted) is type(value) and wanted == value
