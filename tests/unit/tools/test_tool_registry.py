"""The registry: which tools there are, what they look like, and what a call answers."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, Literal

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field
from understudy.tools.registry import (
    ServerTool,
    ToolContext,
    ToolDeclarationError,
    ToolError,
    ToolRegistry,
    UnknownToolError,
    local_tools,
    server_tool,
    tool_files,
)
from understudy.tools.registry.output import MAX_OUTPUT
from understudy.tools.registry.parameters import MAX_ARGUMENTS


class Place(BaseModel):
    """Where something is."""

    city: str
    title: str | None = None


@server_tool()
def everything(
    context: ToolContext,
    number: int,
    ratio: float = 0.5,
    words: list[str] | None = None,
    mode: Literal["a", "b"] = "a",
    place: Place | None = None,
    size: Annotated[int, Field(ge=1, le=9)] = 1,
) -> Any:
    """Does everything
    at once.

    Second paragraph.

    Args:
        number: How many,
            in pieces.
        mode (str): Which way.

    Returns:
        Nothing for the model to read here.
    """
    return {"number": number, "tenant": context.tenant, "place": place, "size": size}


def _registry(*tools: ServerTool) -> ToolRegistry:
    modules = {}
    for tool in tools:
        module = ModuleType(f"understudy_test_tools.{tool.name}")
        setattr(module, tool.name, tool)
        sys.modules[module.__name__] = module
        modules[tool.name] = module.__name__
    return ToolRegistry(modules)


@pytest.fixture(autouse=True)
def _forget_test_modules() -> Iterator[None]:
    yield
    for name in [name for name in sys.modules if name.startswith("understudy_test_tools.")]:
        del sys.modules[name]


def _answering(function: Callable[[], Any], **options: Any) -> ServerTool:
    def answer() -> Any:
        """Answers."""
        return function()

    return server_tool(**options)(answer)


def test_the_files_of_the_folder_are_the_tools() -> None:
    """What is a file is a tool; the packages that tools stand on are none."""
    assert dict(tool_files()) == {
        "get_table_schema": "understudy.tools.get_table_schema",
        "query_database": "understudy.tools.query_database",
    }
    assert local_tools().names() == ("get_table_schema", "query_database")


def test_definitions_are_ready_to_paste() -> None:
    """Each has the shape of a function tool, a valid schema, and nothing that repeats names."""
    for definition in local_tools().definitions():
        function = definition["function"]

        assert definition["type"] == "function"
        assert set(function) == {"name", "description", "parameters"}
        assert "Tables: customers, products, sales." in function["description"]
        assert function["parameters"]["additionalProperties"] is False
        assert "context" not in function["parameters"]["properties"]
        assert all(each["description"] for each in function["parameters"]["properties"].values())
        Draft202012Validator.check_schema(function["parameters"])


def test_no_tool_takes_an_owner_from_the_model() -> None:
    """Whose data it is comes from the context."""
    for definition in local_tools().definitions():
        names = set(definition["function"]["parameters"]["properties"])
        assert not names & {"tenant", "tenant_id", "user", "user_id", "owner", "thread_id"}


def test_a_schema_comes_from_signature_and_docstring() -> None:
    """Types, defaults, limits and nested models are in it; titles are not."""
    assert everything.description == "Does everything at once.\n\nSecond paragraph."
    assert everything.parameters["properties"] == {
        "number": {"type": "integer", "description": "How many, in pieces."},
        "ratio": {"type": "number", "default": 0.5},
        "words": {
            "anyOf": [{"items": {"type": "string"}, "type": "array"}, {"type": "null"}],
            "default": None,
        },
        "mode": {
            "enum": ["a", "b"],
            "type": "string",
            "default": "a",
            "description": "Which way.",
        },
        "place": {"anyOf": [{"$ref": "#/$defs/Place"}, {"type": "null"}], "default": None},
        "size": {"type": "integer", "minimum": 1, "maximum": 9, "default": 1},
    }
    assert everything.parameters["required"] == ["number"]
    assert everything.parameters["$defs"]["Place"]["properties"]["title"]["default"] is None
    Draft202012Validator.check_schema(everything.parameters)


def test_a_call_gets_checked_arguments_and_the_context(context: ToolContext) -> None:
    """The function sees models and defaults, and whose call it is."""
    result = _registry(everything).call(
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
    result = _registry(everything).call("everything", arguments, context)

    assert result.is_error
    assert result.error_code == "invalid_arguments"
    error = json.loads(result.output)["error"]
    assert error["code"] == "invalid_arguments"
    assert len(error["message"]) < 1000


def test_the_error_names_the_argument_that_is_wrong(context: ToolContext) -> None:
    """`number` is named, the value that came is not repeated."""
    result = _registry(everything).call("everything", '{"number": "secret"}', context)

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
    result = _registry(_answering(lambda: value)).call("answer", "{}", context)

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
    result = _registry(_answering(make)).call("answer", "{}", context)

    assert result.error_code == "invalid_output"
    assert json.loads(result.output)["error"]["code"] == "invalid_output"


@pytest.mark.parametrize("value", ["x" * 10_000_000, ["y" * 1000] * 10_000])
def test_a_long_output_is_cut_and_marked(value: Any, context: ToolContext) -> None:
    """The rest is valid JSON that says how much there was."""
    result = _registry(_answering(lambda: value)).call("answer", "{}", context)

    marked = json.loads(result.output)
    assert marked["truncated"] is True
    assert marked["total_characters"] >= 10_000_000
    assert len(marked["beginning"]) == MAX_OUTPUT


def test_a_tools_own_error_is_told(context: ToolContext) -> None:
    """ToolError is how a tool speaks to the model."""

    def fail() -> Any:
        raise ToolError("There is no parcel of this number.")

    result = _registry(_answering(fail)).call("answer", "{}", context)

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

    result = _registry(_answering(fail)).call("answer", "{}", context)

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
    late = _answering(lambda: let_go.wait(10), timeout_seconds=0.05)

    result = _registry(late).call("answer", "{}", context)
    let_go.set()

    assert result.error_code == "timeout"


def test_the_runs_deadline_counts_too() -> None:
    """A tool that may take long is still stopped when the run expires, and not begun after it."""
    called = threading.Event()
    slow = _registry(_answering(lambda: called.wait(10), timeout_seconds=60))

    def call(left: timedelta) -> str | None:
        deadline = datetime.now(UTC) + left
        context = ToolContext("t", None, "thread", "run", "call", deadline)
        return slow.call("answer", "{}", context).error_code

    assert call(timedelta(seconds=0.05)) == "timeout"
    assert call(timedelta(seconds=-1)) == "timeout"
    called.set()


def _no_docstring(x: int) -> int:
    return x


def _untyped(x) -> int:  # type: ignore[no-untyped-def]
    """Has a parameter without a type."""
    return int(x)


def _starred(*names: str) -> None:
    """Takes any number of names."""


def _stranger(x: int) -> None:
    """Describes what is not there.

    Args:
        y: Not a parameter.
    """


def camelCase() -> None:  # noqa: N802
    """Has another kind of name."""


@pytest.mark.parametrize("function", [_no_docstring, _untyped, _starred, _stranger, camelCase])
def test_a_wrong_declaration_fails_at_import(function: Callable[..., Any]) -> None:
    """Whoever adds a tool finds out at once, not the model later."""
    function.__name__ = function.__name__.lstrip("_")

    with pytest.raises(ToolDeclarationError):
        server_tool()(function)


def test_a_tool_without_time_is_refused() -> None:
    """A limit of nothing would fail every call."""
    with pytest.raises(ToolDeclarationError, match="timeout_seconds"):
        _answering(lambda: None, timeout_seconds=0)


def test_flags_are_what_the_decorator_says() -> None:
    """Side effects and approval are read by whoever runs the calls."""
    tool = _answering(lambda: 1, side_effects=True, requires_approval=True, timeout_seconds=3)

    assert (tool.side_effects, tool.requires_approval, tool.timeout_seconds) == (True, True, 3)
    assert not local_tools().get("query_database").side_effects
    assert tool() == 1


def test_listing_the_tools_imports_no_database_library() -> None:
    """The function that lists tools does not carry the database layer."""
    program = (
        "import sys; from understudy.tools.registry import local_tools;"
        "local_tools().definitions();"
        "print([name for name in ('sqlalchemy', 'sqlglot', 'psycopg') if name in sys.modules])"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=Path("/")
    )

    assert done.stdout.strip() == "[]"
