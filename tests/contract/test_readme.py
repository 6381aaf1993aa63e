"""Every command and code block of the README works."""

import re
from typing import Any

from tests.contract.conftest import ROOT

README = (ROOT / "README.md").read_text()
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
NODE = re.compile(r"\b([A-Z][A-Za-z]+)(?=[\[{ ]|$)")


def blocks(language: str) -> list[str]:
    """The README's code blocks in a language."""
    return [text for found, text in BLOCK.findall(README) if found == language]


def test_every_block_is_run_or_compared() -> None:
    """Shell and Python blocks are run (tests/e2e/test_readme.py), diagrams compared below."""
    assert {language for language, _ in BLOCK.findall(README)} <= {"sh", "python", "mermaid"}


def test_first_commands_are_the_two_documented_ones(machine: dict[str, Any]) -> None:
    """A new user types these."""
    del machine
    assert blocks("sh")[0].split("\n")[:2] == ["make demo", "make test"]


def test_diagram_matches_the_state_machine(machine: dict[str, Any]) -> None:
    """It has the definition's states, and no transition that the definition lacks."""
    [picture] = blocks("mermaid")
    states = machine["States"]
    ways = set()
    for line in picture.splitlines()[1:]:
        left, _, right = re.sub(r"\|[^|]*\||\[[^\]]*\]|\{[^}]*\}", "", line).partition(">")
        ways.add((left.strip(" -."), right.strip()))

    drawn = {name for way in ways for name in way}
    assert drawn == states.keys() - {"RunNotClosed"}
    for start, end in ways:
        state = states[start]
        rules = [*state.get("Choices", []), *state.get("Catch", [])]
        targets = {state.get("Next"), state.get("Default"), *(rule["Next"] for rule in rules)}
        assert end in targets, (start, end)


def test_relative_links_exist() -> None:
    """Every relative link of the README exists."""
    links = re.findall(r"\]\(([^)#]+)\)", README)

    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []
