"""What a call of a tool answers, whatever its arguments are and whatever the tool does."""

import json
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from understudy.tools.registry import (
    ToolContext,
    ToolDeclarationError,
    ToolError,
    ToolRegistry,
    UnknownToolError,
    local_tools,
)
from understudy.tools.registry.arguments import MAX_ARGUMENTS
from understudy.tools.registry.calls import MAX_OUTPUT

from tests.fakes.tools import registry_of
from tests.unit.tools.toy_tools import Place, answering, everything


def test_a_call_gets_checked_arguments_and_the_context(context: ToolContext) -> None:
    """The function sees models and defaults, and whose call it is."""
    result = registry_of(everything).call(
        "everything", '{"number": 3, "place": {"city": "Ulm"}}', context
    )

    assert not result.is_error
    assert json.loads(result.output) == {
        "number": 3,
        "tenant": "tenant_a",
        "place": {"city": "Ulm", "title": None},
        "size": 1,
    }


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "{",
        "null",
        "[]",
        "3",
        '"x"',
        "{}",
        '{"number": "3"}',
        '{"number": 3.5}',
        '{"number": true}',
        '{"number": 1, "extra": 1}',
        '{"number": 1, "context": {"tenant": "other"}}',
        '{"number": 1, "tenant": "other"}',
        '{"number": 1, "ratio": NaN}',
        '{"number": 1, "mode": "c"}',
        '{"number": 1, "size": 10}',
        '{"number": 1, "place": {"town": "Ulm"}}',
        '{"number": 1} {"number": 2}',
        '{"number": ' + "[" * 5000 + "}",
        '{"number": 1, "words": ["' + "x" * MAX_ARGUMENTS + '"]}',
        '{"number": 1' + " " * 1_000_000 + "}",
    ],
)
def test_arguments_that_do_not_fit_are_an_error_output(
    arguments: str, context: ToolContext
) -> None:
    """The model learns what is wrong, in a short text, and the function is not called."""
    result = registry_of(everything).call("everything", arguments, context)

    assert result.is_error
    assert result.error_code == "invalid_arguments"
    error = json.loads(result.output)["error"]
    assert error["code"] == "invalid_arguments"
    assert len(error["message"]) < 1000


def test_the_error_names_the_argument_that_is_wrong(context: ToolContext) -> None:
    """`number` is named, the value that came is not repeated."""
    result = registry_of(everything).call("everything", '{"number": "secret"}', context)

    assert "number" in result.output
    assert "secret" not in result.output


@pytest.mark.parametrize(
    "name",
    [
        "",
        "nope",
        "Query_Database",
        "query_database ",
        "registry",
        "registry.tool",
        "__init__",
        "os",
        "../query_database",
        "understudy.tools.query_database",
        "\x00",
        "x" * 9999,
    ],
)
def test_an_unknown_name_is_an_error_output(name: str, context: ToolContext) -> None:
    """Only an exact name is a tool; nothing is imported for any other."""
    before = set(sys.modules)

    result = local_tools().call(name, "{}", context)

    assert result.error_code == "unknown_tool"
    assert set(sys.modules) == before
    with pytest.raises(UnknownToolError):
        local_tools().get(name)


@pytest.mark.parametrize(
    ("value", "output"),
    [
        (None, "null"),
        ("as it is", "as it is"),
        (5, "5"),
        ([1, "a", None], '[1,"a",null]'),
        ({"d": Decimal("1.50")}, '{"d":"1.50"}'),
        (datetime(2026, 9, 30, tzinfo=UTC), '"2026-09-30T00:00:00Z"'),
        (b"\xff\x00", '"_wA="'),
        (float("nan"), '"NaN"'),
        ([float("inf")], '["Infinity"]'),
        (Place(city="Ulm"), '{"city":"Ulm","title":null}'),
        ({1}, "[1]"),
        ("\ud800", "?"),
    ],
)
def test_any_value_becomes_a_string(value: Any, output: str, context: ToolContext) -> None:
    """What a tool returns is always a string for the model."""
    result = registry_of(answering(lambda: value)).call("answer", "{}", context)

    assert (result.output, result.is_error) == (output, False)


def _circular() -> Any:
    value: list[Any] = []
    value.append(value)
    return value


@pytest.mark.parametrize("make", [_circular, object, lambda: ["\ud800"], lambda: {"f": print}])
def test_a_value_without_a_json_form_is_an_error_output(
    make: Callable[[], Any], context: ToolContext
) -> None:
    """Circular structures and unknown objects do not end the run."""
    result = registry_of(answering(make)).call("answer", "{}", context)

    assert result.error_code == "invalid_output"
    assert json.loads(result.output)["error"]["code"] == "invalid_output"


@pytest.mark.parametrize("value", ["x" * 10_000_000, ["y" * 1000] * 10_000])
def test_a_long_output_is_cut_and_marked(value: Any, context: ToolContext) -> None:
    """The rest is valid JSON that says how much there was."""
    result = registry_of(answering(lambda: value)).call("answer", "{}", context)

    marked = json.loads(result.output)
    assert marked["truncated"] is True
    assert marked["total_characters"] >= 10_000_000
    assert len(marked["beginning"]) == MAX_OUTPUT


def test_a_tools_own_error_is_told(context: ToolContext) -> None:
    """ToolError is how a tool speaks to the model."""

    def fail() -> Any:
        raise ToolError("There is no parcel of this number.")

    result = registry_of(answering(fail)).call("answer", "{}", context)

    assert json.loads(result.output) == {
        "error": {"code": "tool_failed", "message": "There is no parcel of this number."}
    }


@pytest.mark.parametrize("error", [ValueError, KeyError, RecursionError, OSError, MemoryError])
def test_any_other_error_is_told_without_its_text(
    error: type[Exception], context: ToolContext, caplog: pytest.LogCaptureFixture
) -> None:
    """The text of an exception may hold anything: neither the model nor the log gets it."""

    def fail() -> Any:
        raise error("canary at db.internal")

    result = registry_of(answering(fail)).call("answer", "{}", context)

    assert result.error_code == "tool_failed"
    assert "canary" not in result.output
    [line] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert (line.call_id, line.error) == ("call_1", error.__name__)  # type: ignore[attr-defined]
    assert "canary" not in str(vars(line))
    assert "canary" not in caplog.text


def test_a_broken_file_costs_only_its_own_calls(context: ToolContext) -> None:
    """A module that cannot be imported, or declares something else, is an error output."""
    registry = ToolRegistry({"missing": "understudy_test_tools.nowhere", "json": "json"})

    assert registry.call("missing", "{}", context).error_code == "tool_failed"
    assert registry.call("json", "{}", context).error_code == "tool_failed"
    with pytest.raises(ToolDeclarationError, match=r"tools/json\.py"):
        registry.get("json")


def test_a_late_tool_is_answered_with_an_error(context: ToolContext) -> None:
    """The run does not wait for it longer than it says."""
    let_go = threading.Event()
    late = answering(lambda: let_go.wait(10), timeout_seconds=0.05)

    result = registry_of(late).call("answer", "{}", context)
    let_go.set()

    assert result.error_code == "timeout"


def test_the_runs_deadline_counts_too() -> None:
    """A tool that may take long is still stopped when the run expires, and not begun after it."""
    called = threading.Event()
    slow = registry_of(answering(lambda: called.wait(10), timeout_seconds=60))

    def call(left: timedelta) -> str | None:
        deadline = datetime.now(UTC) + left
        context = ToolContext("t", None, "thread", "run", "call", deadline)
        return slow.call("answer", "{}", context).error_code

    assert call(timedelta(seconds=0.05)) == "timeout"
    assert call(timedelta(seconds=-1)) == "timeout"
    called.set()
