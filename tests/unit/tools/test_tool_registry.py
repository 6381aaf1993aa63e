"""The registry: which tools there are, and what they look like."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from understudy.tools.registry import (
    ToolDeclarationError,
    local_tools,
    server_tool,
    tool_files,
)

from tests.unit.tools.toy_tools import answering, everything


def test_the_files_of_the_folder_are_the_tools() -> None:
    """Each file is a tool; packages are not tools."""
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
    """The developer of a tool gets the error at once, not the model later."""
    function.__name__ = function.__name__.lstrip("_")

    with pytest.raises(ToolDeclarationError):
        server_tool()(function)


def test_a_tool_without_time_is_refused() -> None:
    """A limit of nothing would fail every call."""
    with pytest.raises(ToolDeclarationError, match="timeout_seconds"):
        answering(lambda: None, timeout_seconds=0)


def test_flags_are_what_the_decorator_says() -> None:
    """The code that executes calls reads side effects and approval."""
    tool = answering(lambda: 1, side_effects=True, requires_approval=True, timeout_seconds=3)

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
