"""Event patterns: the filter language shared by EventBridge rules and Lambda event filters.

See "Amazon EventBridge event patterns" and "Comparison operators for use in event patterns".
"""

import fnmatch
import ipaddress
import operator
from collections.abc import Callable, Iterator
from typing import Any

_ABSENT = object()
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    ">=": operator.ge,
    ">": operator.gt,
}


class InvalidPatternError(ValueError):
    """A pattern that EventBridge would refuse."""


class EventPattern:
    """A compiled pattern. Raises InvalidPatternError for one that EventBridge would refuse."""

    def __init__(self, pattern: dict[str, Any]) -> None:
        _check(pattern)
        self._pattern = pattern

    def matches(self, event: dict[str, Any]) -> bool:
        """True when every field that the pattern names has one of the wanted values."""
        return _matches(self._pattern, event)


def _check(pattern: Any, where: str = "pattern") -> None:
    if not isinstance(pattern, dict) or not pattern:
        raise InvalidPatternError(f"{where} must be an object with at least one field")
    for name, wanted in pattern.items():
        if name == "$or":
            if not isinstance(wanted, list) or len(wanted) < 2:
                raise InvalidPatternError(f"{where}.$or must be a list of two or more patterns")
            for branch in wanted:
                _check(branch, f"{where}.$or")
        elif isinstance(wanted, list):
            _check_values(wanted, f"{where}.{name}")
        else:
            _check(wanted, f"{where}.{name}")


def _check_values(wanted: list[Any], where: str) -> None:
    if not wanted:
        raise InvalidPatternError(f"{where} must not be an empty list")
    for value in wanted:
        if isinstance(value, list):
            raise InvalidPatternError(f"{where} must not hold lists")
        if isinstance(value, dict):
            [*names] = value
            if len(names) != 1 or names[0] not in _OPERATORS:
                raise InvalidPatternError(f"{where}: {value} is not a comparison")


def _matches(pattern: dict[str, Any], event: Any) -> bool:
    for name, wanted in pattern.items():
        if name == "$or":
            if not any(_matches(branch, event) for branch in wanted):
                return False
        elif isinstance(wanted, dict):
            if not any(_matches(wanted, child) for child in _children(event, name)):
                return False
        elif not any(_accepts(value, leaf) for value in wanted for leaf in _leaves(event, name)):
            return False
    return True


def _children(event: Any, name: str) -> Iterator[Any]:
    """What a nested pattern is tried on: the object, or each object of a list."""
    value = event.get(name, {}) if isinstance(event, dict) else {}
    objects = [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
    yield from objects or [value if isinstance(value, dict) else {}]


def _leaves(event: Any, name: str) -> Iterator[Any]:
    """The values of a field: a list stands for each of its elements."""
    value = event.get(name, _ABSENT) if isinstance(event, dict) else _ABSENT
    if isinstance(value, list):
        yield from value or [_ABSENT]
    else:
        yield value


def _accepts(wanted: Any, leaf: Any) -> bool:
    if not isinstance(wanted, dict):
        return _same(wanted, leaf)
    [(name, argument)] = wanted.items()
    if name == "exists":
        there = leaf is not _ABSENT and not isinstance(leaf, dict)
        return there is bool(argument)
    return leaf is not _ABSENT and _OPERATORS[name](argument, leaf)


def _same(wanted: Any, leaf: Any) -> bool:
    """Equal as JSON: true is not 1, "1" is not 1, 300 is 300.0."""
    if isinstance(wanted, bool) or isinstance(leaf, bool):
        return wanted is leaf
    return (type(wanted) is type(leaf) and wanted == leaf) or _both_numbers(wanted, leaf)


def _both_numbers(wanted: Any, leaf: Any) -> bool:
    return isinstance(wanted, int | float) and isinstance(leaf, int | float) and wanted == leaf


def _affix(test: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    def accepts(argument: Any, leaf: Any) -> bool:
        if not isinstance(leaf, str):
            return False
        if isinstance(argument, dict):
            return test(leaf.lower(), str(argument["equals-ignore-case"]).lower())
        return test(leaf, argument)

    return accepts


def _ignoring_case(argument: Any, leaf: Any) -> bool:
    return isinstance(leaf, str) and leaf.lower() == str(argument).lower()


def _wildcard(argument: Any, leaf: Any) -> bool:
    """Only * is special; \\* and \\\\ stand for themselves."""
    if not isinstance(leaf, str):
        return False
    literal = str(argument).replace("\\\\", "\0").replace("\\*", "\1")
    glob = literal.replace("[", "[[]").replace("?", "[?]").replace("\1", "[*]").replace("\0", "\\")
    return fnmatch.fnmatchcase(leaf, glob)


def _numeric(argument: Any, leaf: Any) -> bool:
    if isinstance(leaf, bool) or not isinstance(leaf, int | float):
        return False
    pairs = zip(argument[::2], argument[1::2], strict=True)
    return all(_COMPARISONS[comparison](leaf, bound) for comparison, bound in pairs)


def _cidr(argument: Any, leaf: Any) -> bool:
    try:
        return ipaddress.ip_address(leaf) in ipaddress.ip_network(argument)
    except ValueError:
        return False


def _anything_but(argument: Any, leaf: Any) -> bool:
    if isinstance(argument, dict):
        [(name, inner)] = argument.items()
        refused = inner if isinstance(inner, list) else [inner]
        return not any(_OPERATORS[name](value, leaf) for value in refused)
    refused = argument if isinstance(argument, list) else [argument]
    return not any(_same(value, leaf) for value in refused)


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "exists": lambda _argument, _leaf: True,
    "prefix": _affix(str.startswith),
    "suffix": _affix(str.endswith),
    "equals-ignore-case": _ignoring_case,
    "wildcard": _wildcard,
    "numeric": _numeric,
    "cidr": _cidr,
    "anything-but": _anything_but,
}
