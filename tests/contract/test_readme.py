"""The front door: every command and code block of the README works."""

import re
from typing import Any

from tests.contract.conftest import ROOT

README = (ROOT / "README.md").read_text()
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
NODE = re.compile(r"\b([A-Z][A-Za-z]+)(?=[\[{ ]|$)")


def blocks(language: str) -> list[str]:
    """The README's code blocks in a language."""
    return [text for found, text in BLOCK.findall(README) if found == language]


def test_every_block_is_of_a_kind_that_a_test_runs() -> None:
    """Shell and Python blocks are run (tests/e2e/test_readme.py), diagrams compared below."""
    assert {language for language, _ in BLOCK.findall(README)} <= {"sh", "python", "mermaid"}


def test_the_first_commands_are_the_two(machine: dict[str, Any]) -> None:
    """Someone who has never seen it types these."""
    del machine
    assert blocks("sh")[0].split("\n")[:2] == ["make demo", "make test"]


def test_the_picture_is_the_state_machine(machine: dict[str, Any]) -> None:
    """The diagram has the definition's states, and only ways that the definition has."""
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


def test_links_lead_somewhere() -> None:
    """Every relative link of the README exists."""
    links = re.findall(r"\]\(([^)#]+)\)", README)

    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []
