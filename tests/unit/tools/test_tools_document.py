"""docs/tools.md is true: its example is a tool, its configuration is read."""

import importlib.util
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from understudy.tools.registry import ToolContext, ToolRegistry, parse_remote_tools
from understudy.tools.registry.arguments import MAX_ARGUMENTS
from understudy.tools.registry.calls import MAX_OUTPUT

DOCUMENT = (Path(__file__).parents[3] / "docs" / "tools.md").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[ToolRegistry]:
    """A registry with the example as its one file."""
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


def test_the_example_is_listed_and_answers(registry: ToolRegistry, context: ToolContext) -> None:
    """Whoever copies it has a tool that works."""
    [definition] = registry.definitions()
    result = registry.call("estimate_delivery", '{"shipped_on": "2026-09-30"}', context)

    assert definition["function"]["description"] == "Calculates the day on which a parcel arrives."
    assert definition["function"]["parameters"]["required"] == ["shipped_on"]
    assert json.loads(result.output) == {"customer": "ada", "arrives_on": "2026-10-03"}


def test_the_example_is_short() -> None:
    """Fifteen lines of code from the decorator on are promised."""
    [source] = _blocks("python")
    lines = source[source.index("@server_tool") :].strip().splitlines()

    assert len(lines) <= 15


def test_the_configuration_of_remote_tools_is_read() -> None:
    """The JSON of the page is a valid configuration."""
    [configuration] = _blocks("json")

    [tool] = parse_remote_tools(configuration)
    assert tool.requires_approval


def test_the_limits_are_the_ones_in_force() -> None:
    """Numbers in the text follow the code."""
    assert f"{MAX_ARGUMENTS:,} characters" in DOCUMENT
    assert f"{MAX_OUTPUT:,} characters" in DOCUMENT
