"""The pattern language of EventBridge rules and Lambda filters."""

from typing import Any

import pytest

from local.events.patterns import EventPattern, InvalidPatternError

_RECORD: dict[str, Any] = {
    "eventName": "REMOVE",
    "userIdentity": {"type": "Service", "principalId": "dynamodb.amazonaws.com"},
    "dynamodb": {
        "Keys": {"pk": {"S": "TENANT#acme#THREAD#t1"}, "sk": {"S": "THREAD"}},
        "OldImage": {"entity": {"S": "thread"}, "count": {"N": "3"}, "gone": {"NULL": True}},
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
        ({"dynamodb": {"OldImage": {"entity": {"S": [{"prefix": "thr"}]}}}}, True),
        ({"dynamodb": {"NewImage": {"entity": {"S": ["thread"]}}}}, False),
        ({"dynamodb": {"Keys": {"pk": {"S": [{"prefix": "TENANT#acme#"}]}}}}, True),
        ({"dynamodb": {"Keys": {"pk": {"S": [{"prefix": "TENANT#other"}]}}}}, False),
        ({"dynamodb": {"NewImage": {"entity": {"S": [{"exists": False}]}}}}, True),
        ({"dynamodb": {"OldImage": {"entity": {"S": [{"exists": False}]}}}}, False),
        ({"userIdentity": {"type": [{"exists": True}]}}, True),
        ({"userIdentity": [{"exists": True}]}, False),
        ({"eventName": [{"anything-but": ["INSERT", "MODIFY"]}]}, True),
        ({"eventName": [{"anything-but": "REMOVE"}]}, False),
        ({"missing": [{"anything-but": "REMOVE"}]}, False),
    ],
)
def test_stream_records_are_matched_in_depth(pattern: dict[str, Any], matches: bool) -> None:
    """A filter reaches into keys, images and the identity of a stream record."""
    assert EventPattern(pattern).matches(_RECORD) is matches


@pytest.mark.parametrize(
    ("wanted", "value", "matches"),
    [
        ("a", "a", True),
        ("a", "A", False),
        (1, 1.0, True),
        (1, "1", False),
        (1, True, False),
        (True, True, True),
        (False, 0, False),
        (None, None, True),
        (None, "", False),
        ({"prefix": "run"}, "run_1", True),
        ({"prefix": "run"}, 7, False),
        ({"prefix": {"equals-ignore-case": "RUN"}}, "run_1", True),
        ({"suffix": ".csv"}, "a.csv", True),
        ({"suffix": {"equals-ignore-case": ".CSV"}}, "a.csv", True),
        ({"suffix": ".csv"}, "a.pdf", False),
        ({"equals-ignore-case": "FAILED"}, "failed", True),
        ({"wildcard": "drop/*/ada/*.csv"}, "drop/acme/ada/x.csv", True),
        ({"wildcard": "drop/*.csv"}, "drop/x.pdf", False),
        ({"wildcard": "a?[b]\\*"}, "a?[b]*", True),
        ({"wildcard": "a?b"}, "axb", False),
        ({"numeric": [">", 0, "<=", 5]}, 5, True),
        ({"numeric": [">", 0, "<=", 5]}, 5.1, False),
        ({"numeric": ["=", 3]}, "3", False),
        ({"numeric": ["=", 1]}, True, False),
        ({"cidr": "10.0.0.0/24"}, "10.0.0.255", True),
        ({"cidr": "10.0.0.0/24"}, "10.0.1.1", False),
        ({"cidr": "10.0.0.0/24"}, "not an address", False),
        ({"anything-but": {"prefix": "init"}}, "done", True),
        ({"anything-but": {"prefix": ["init", "do"]}}, "done", False),
        ({"anything-but": {"equals-ignore-case": "DONE"}}, "done", False),
        ({"anything-but": [1, 2]}, 3, True),
    ],
)
def test_each_comparison_follows_json_types(wanted: Any, value: Any, matches: bool) -> None:
    """A comparison accepts its kind of value and never converts another."""
    assert EventPattern({"field": [wanted]}).matches({"field": value}) is matches


@pytest.mark.parametrize(
    ("tags", "matches"), [(["a", "wanted"], True), (["a", "b"], False), ([], False)]
)
def test_a_list_in_the_event_matches_by_any_element(tags: list[str], matches: bool) -> None:
    """One wanted element is enough."""
    assert EventPattern({"tags": ["wanted"]}).matches({"tags": tags}) is matches


def test_a_list_of_objects_matches_by_any_object() -> None:
    """A nested pattern holds when it holds for one object of the list as a whole."""
    pattern = EventPattern({"items": {"kind": ["file"], "state": ["ready"]}})

    assert pattern.matches({"items": [{"kind": "x"}, {"kind": "file", "state": "ready"}]})
    assert not pattern.matches({"items": [{"kind": "file"}, {"state": "ready"}]})


def test_alternatives_are_joined_by_or() -> None:
    """$or needs one of its branches, next to everything else in the pattern."""
    pattern = EventPattern({"source": ["app"], "$or": [{"a": [1]}, {"b": [2]}]})

    assert pattern.matches({"source": "app", "b": 2})
    assert not pattern.matches({"source": "app"})
    assert not pattern.matches({"source": "other", "a": 1})


@pytest.mark.parametrize(
    "pattern",
    [
        {},
        {"a": "text"},
        {"a": []},
        {"a": {}},
        {"a": [["nested"]]},
        {"a": [{"starts-with": "x"}]},
        {"a": [{"prefix": "x", "suffix": "y"}]},
        {"$or": [{"a": [1]}]},
    ],
)
def test_a_pattern_that_eventbridge_refuses_is_refused(pattern: dict[str, Any]) -> None:
    """A typing mistake in the template must not become a filter that lets nothing through."""
    with pytest.raises(InvalidPatternError):
        EventPattern(pattern)
