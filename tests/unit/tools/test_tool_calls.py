"""The output of a tool call for valid and invalid arguments, results and exceptions."""

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
from tests.limits import WAIT_SECONDS
from tests.unit.tools.toy_tools import Place, answering, everything


def test_function_receives_validated_arguments_and_context(context: ToolContext) -> None:
    """It receives pydantic models, defaults and the caller."""
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
def test_invalid_arguments_are_an_error_output(arguments: str, context: ToolContext) -> None:
    """The model receives a short message and the function is not called."""
    result = registry_of(everything).call("everything", arguments, context)

    assert result.is_error
    assert result.error_code == "invalid_arguments"
    error = json.loads(result.output)["error"]
    assert error["code"] == "invalid_arguments"
    assert len(error["message"]) < 1000


def test_error_names_the_invalid_argument(context: ToolContext) -> None:
    """The error has the argument's name, not its value."""
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
def test_unknown_tool_is_an_error_output(name: str, context: ToolContext) -> None:
    """Only exact names are tools; no module is imported for others."""
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
def test_any_result_becomes_a_string(value: Any, output: str, context: ToolContext) -> None:
    """The model always receives a string."""
    result = registry_of(answering(lambda: value)).call("answer", "{}", context)

    assert (result.output, result.is_error) == (output, False)


def _circular() -> Any:
    value: list[Any] = []
    value.append(value)
    return value


@pytest.mark.parametrize("make", [_circular, object, lambda: ["\ud800"], lambda: {"f": print}])
def test_result_without_json_form_is_an_error_output(
    make: Callable[[], Any], context: ToolContext
) -> None:
    """Circular structures and unknown objects do not end the run."""
    result = registry_of(answering(make)).call("answer", "{}", context)

    assert result.error_code == "invalid_output"
    assert json.loads(result.output)["error"]["code"] == "invalid_output"


@pytest.mark.parametrize("value", ["x" * 10_000_000, ["y" * 1000] * 10_000])
def test_long_output_is_cut_and_marked(value: Any, context: ToolContext) -> None:
    """The output is valid JSON with the full length."""
    result = registry_of(answering(lambda: value)).call("answer", "{}", context)

    marked = json.loads(result.output)
    assert marked["truncated"] is True
    assert marked["total_characters"] >= 10_000_000
    assert len(marked["beginning"]) == MAX_OUTPUT


def test_message_of_tool_error_reaches_the_model(context: ToolContext) -> None:
    """A tool raises ToolError to tell the model something."""

    def fail() -> Any:
        raise ToolError("There is no parcel of this number.")

    result = registry_of(answering(fail)).call("answer", "{}", context)

    assert json.loads(result.output) == {
        "error": {"code": "tool_failed", "message": "There is no parcel of this number."}
    }


@pytest.mark.parametrize("error", [ValueError, KeyError, RecursionError, OSError, MemoryError])
def test_text_of_other_exceptions_is_not_revealed(
    error: type[Exception], context: ToolContext, caplog: pytest.LogCaptureFixture
) -> None:
    """An exception's text may contain secrets: neither the model nor the log gets it."""

    def fail() -> Any:
        raise error("canary at db.internal")

    result = registry_of(answering(fail)).call("answer", "{}", context)

    assert result.error_code == "tool_failed"
    assert "canary" not in result.output
    [line] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert (line.call_id, line.error) == ("call_1", error.__name__)  # type: ignore[attr-defined]
    assert "canary" not in str(vars(line))
    assert "canary" not in caplog.text


def test_broken_file_fails_its_own_calls_only(context: ToolContext) -> None:
    """A module that cannot be imported, or declares something else, is an error output."""
    registry = ToolRegistry({"missing": "understudy_test_tools.nowhere", "json": "json"})

    assert registry.call("missing", "{}", context).error_code == "tool_failed"
    assert registry.call("json", "{}", context).error_code == "tool_failed"
    with pytest.raises(ToolDeclarationError, match=r"tools/json\.py"):
        registry.get("json")


def test_late_tool_is_a_timeout_error(context: ToolContext) -> None:
    """The run does not wait longer than timeout_seconds."""
    release = threading.Event()
    late = answering(lambda: release.wait(WAIT_SECONDS), timeout_seconds=0.05)

    result = registry_of(late).call("answer", "{}", context)
    release.set()

    assert result.error_code == "timeout"


def test_deadline_of_the_run_limits_a_call() -> None:
    """A call ends when the run expires and does not start afterwards."""
    called = threading.Event()
    slow = registry_of(answering(lambda: called.wait(WAIT_SECONDS), timeout_seconds=290))

    def call(left: timedelta) -> str | None:
        deadline = datetime.now(UTC) + left
        context = ToolContext("t", None, "thread", "run", "call", deadline)
        return slow.call("answer", "{}", context).error_code

    assert call(timedelta(seconds=0.05)) == "timeout"
    assert call(timedelta(seconds=-1)) == "timeout"
    called.set()
