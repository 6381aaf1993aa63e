"""The registry: which tools exist, and how their definitions look."""

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

BUILT_IN = {"get_table_schema", "query_database"}
PACKAGES = {"database", "registry", "sql_guard"}


def test_every_file_of_the_folder_is_a_tool() -> None:
    """Files are tools, packages are not; your own files are listed beside the built-in tools."""
    files = tool_files()

    assert set(files) >= BUILT_IN
    assert not set(files) & PACKAGES
    assert all(module == f"understudy.tools.{name}" for name, module in files.items())
    assert local_tools().names() == tuple(sorted(files))


@pytest.mark.parametrize("name", sorted(tool_files()))
def test_tool_file_follows_the_rules(name: str) -> None:
    """For each file: it declares a tool of its name, and documents the tool and its arguments."""
    tool = local_tools().get(name)

    undescribed = [
        argument
        for argument, schema in tool.parameters["properties"].items()
        if not schema.get("description")
    ]
    assert tool.description, f"tools/{name}.py: the function has no docstring"
    assert not undescribed, f"tools/{name}.py: add to Args: {', '.join(undescribed)}"


def test_definitions_can_be_pasted_into_an_assistant() -> None:
    """Each has the shape of a function tool and a valid schema without titles."""
    for definition in local_tools().definitions():
        function = definition["function"]

        assert definition["type"] == "function"
        assert set(function) == {"name", "description", "parameters"}
        assert function["parameters"]["additionalProperties"] is False
        assert "context" not in function["parameters"]["properties"]
        Draft202012Validator.check_schema(function["parameters"])


def test_database_tools_list_their_tables() -> None:
    """The model learns the allowed tables from the description."""
    for definition in local_tools().definitions(sorted(BUILT_IN)):
        assert "Tables: customers, products, sales." in definition["function"]["description"]


def test_no_tool_takes_an_owner_from_the_model() -> None:
    """The owner of the data comes from the context."""
    for definition in local_tools().definitions():
        names = set(definition["function"]["parameters"]["properties"])
        assert not names & {"tenant", "tenant_id", "user", "user_id", "owner", "thread_id"}


def test_schema_comes_from_signature_and_docstring() -> None:
    """It has types, defaults, limits and nested models, but no titles."""
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


def _undeclared_argument(x: int) -> None:
    """Describes an argument that does not exist.

    Args:
        y: Not a parameter.
    """


def camelCase() -> None:  # noqa: N802
    """Has a name that is not lower case."""


@pytest.mark.parametrize(
    "function", [_no_docstring, _untyped, _starred, _undeclared_argument, camelCase]
)
def test_invalid_declaration_fails_at_import(function: Callable[..., Any]) -> None:
    """The author of the tool sees the error, not the model."""
    function.__name__ = function.__name__.lstrip("_")

    with pytest.raises(ToolDeclarationError):
        server_tool()(function)


def test_timeout_of_zero_is_rejected() -> None:
    """Every call of such a tool would fail."""
    with pytest.raises(ToolDeclarationError, match="timeout_seconds"):
        answering(lambda: None, timeout_seconds=0)


def test_decorator_sets_the_flags() -> None:
    """Side effects, approval and timeout are attributes of the tool."""
    tool = answering(lambda: 1, side_effects=True, requires_approval=True, timeout_seconds=3)

    assert (tool.side_effects, tool.requires_approval, tool.timeout_seconds) == (True, True, 3)
    assert not local_tools().get("query_database").side_effects
    assert tool() == 1


def test_listing_the_tools_imports_no_database_library() -> None:
    """The api function lists tools and has no database layer."""
    program = (
        "import sys; from understudy.tools.registry import local_tools;"
        "local_tools().definitions();"
        "print([name for name in ('sqlalchemy', 'sqlglot', 'psycopg') if name in sys.modules])"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=Path("/")
    )

    assert done.stdout.strip() == "[]"
