"""docs/tools.md: its example works as a tool, and its configuration is valid."""

import importlib.util
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from understudy.tools.database import sqlite
from understudy.tools.registry import ToolContext, ToolRegistry, parse_remote_tools
from understudy.tools.registry.arguments import MAX_ARGUMENTS
from understudy.tools.registry.calls import MAX_OUTPUT
from understudy.tools.sql_guard import cost_rules, text_rules

DOCUMENT = (Path(__file__).parents[3] / "docs" / "tools.md").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[ToolRegistry]:
    """A registry with the example as its only file."""
    [source] = _blocks("python")
    path = tmp_path / "estimate_delivery.py"
    path.write_text(source)
    specification = importlib.util.spec_from_file_location("documented_tool", path)
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    sys.modules["documented_tool"] = module
    specification.loader.exec_module(module)
    yield ToolRegistry({"estimate_delivery": "documented_tool"})
    del sys.modules["documented_tool"]


def test_example_is_listed_and_returns_a_result(
    registry: ToolRegistry, context: ToolContext
) -> None:
    """A copy of the example is a working tool."""
    [definition] = registry.definitions()
    result = registry.call("estimate_delivery", '{"shipped_on": "2026-09-30"}', context)

    assert definition["function"]["description"] == "Calculates the day on which a parcel arrives."
    assert definition["function"]["parameters"]["required"] == ["shipped_on"]
    assert json.loads(result.output) == {"customer": "ada", "arrives_on": "2026-10-03"}


def test_example_has_at_most_fifteen_lines() -> None:
    """Counted from the decorator."""
    [source] = _blocks("python")
    lines = source[source.index("@server_tool") :].strip().splitlines()

    assert len(lines) <= 15


def test_remote_tools_example_is_valid() -> None:
    """The JSON of the page can be parsed as RemoteTools."""
    [configuration] = _blocks("json")

    [tool] = parse_remote_tools(configuration)
    assert tool.requires_approval


def test_documented_limits_match_the_code() -> None:
    """Limits of arguments, outputs and queries."""
    assert f"{MAX_ARGUMENTS:,} characters" in DOCUMENT
    assert f"{MAX_OUTPUT:,} characters" in DOCUMENT
    assert f"{text_rules.MAX_LENGTH:,} characters" in DOCUMENT
    assert f"{text_rules.MAX_TOKENS:,} tokens" in DOCUMENT
    assert f"exceed {cost_rules.MAX_BYTES // 10**6} MB" in DOCUMENT
    assert f"more\n  than {cost_rules.MAX_PLAN:,}" in DOCUMENT
    assert f"longer than {cost_rules.MAX_SEPARATOR} bytes" in DOCUMENT
    assert f"{cost_rules.MAX_COMBINATIONS // 10**6} million combinations" in DOCUMENT
    assert f"exceeds {cost_rules.MAX_VOLUME // 10**9} GB" in DOCUMENT
    assert f"{sqlite.MAX_HEAP // 2**20} MB of memory" in DOCUMENT
