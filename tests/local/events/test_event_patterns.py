"""The pattern language of EventBridge rules and stream filters."""

from typing import Any

import pytest

from local.events import EventPattern, UnsupportedPatternError

_RECORD: dict[str, Any] = {
    "eventName": "REMOVE",
    "userIdentity": {"type": "Service", "principalId": "dynamodb.amazonaws.com"},
    "dynamodb": {
        "Keys": {"pk": {"S": "t1"}, "sk": {"S": "thread"}},
        "OldImage": {"entity": {"S": "thread"}, "has_drops": {"BOOL": True}},
    },
}


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ({"eventName": ["REMOVE"]}, True),
        ({"eventName": ["INSERT", "REMOVE"]}, True),
        ({"eventName": ["INSERT"]}, False),
        ({"eventName": ["REMOVE"], "missing": ["x"]}, False),
        ({"userIdentity": {"type": ["Service"]}}, True),
        ({"userIdentity": {"type": ["User"]}}, False),
        ({"dynamodb": {"OldImage": {"entity": {"S": ["thread"]}}}}, True),
        ({"dynamodb": {"OldImage": {"has_drops": {"BOOL": [True]}}}}, True),
        ({"dynamodb": {"OldImage": {"has_drops": {"BOOL": ["true"]}}}}, False),
        ({"dynamodb": {"OldImage": {"entity": {"S": [{"exists": True}]}}}}, True),
        ({"dynamodb": {"OldImage": {"entity": {"S": [{"exists": False}]}}}}, False),
        ({"dynamodb": {"NewImage": {"entity": {"S": [{"exists": False}]}}}}, True),
        ({"dynamodb": {"NewImage": {"entity": {"S": ["thread"]}}}}, False),
        ({"userIdentity": [{"exists": True}]}, False),
        ({"eventName": {"nested": ["REMOVE"]}}, False),
    ],
)
def test_pattern_matches_nested_fields(pattern: dict[str, Any], matches: bool) -> None:
    """Every named field must have one of the values; `exists` asks for a value, not an object."""
    assert EventPattern(pattern).matches(_RECORD) is matches


@pytest.mark.parametrize(
    ("wanted", "value", "matches"),
    [
        ("a", "A", False),
        (True, 1, False),
        (True, True, True),
        (None, None, True),
        (None, "", False),
    ],
)
def test_values_are_compared_with_their_type(wanted: Any, value: Any, matches: bool) -> None:
    """No value is converted."""
    assert EventPattern({"field": [wanted]}).matches({"field": value}) is matches


@pytest.mark.parametrize(
    "pattern",
    [
        {},
        {"a": "text"},
        {"a": []},
        {"a": {}},
        {"a": [["nested"]]},
        {"a": [{"prefix": "x"}]},
        {"a": [{"exists": "yes"}]},
        {"a": [3]},
        {"$or": [{"a": [True]}]},
    ],
)
def test_unsupported_pattern_is_refused(pattern: dict[str, Any]) -> None:
    """A mistake in the template must not become a filter that drops every event."""
    with pytest.raises(UnsupportedPatternError):
        EventPattern(pattern)
