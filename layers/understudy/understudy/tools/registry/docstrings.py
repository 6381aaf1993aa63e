"""What a tool's docstring says: the description, and a line for each argument."""

import inspect
import re
from collections.abc import Callable
from typing import Any

SECTION = re.compile(r"^(Args|Returns|Raises|Yields|Example|Examples|Note|Notes):\s*$")
ARGUMENT = re.compile(r"^(?P<name>\w+)(?:\s*\([^)]*\))?:\s*(?P<text>.*)$")


def read_docstring(function: Callable[..., Any]) -> tuple[str, dict[str, str]]:
    """The text before the first section, and the entries of `Args:` with their lines joined."""
    description: list[str] = []
    sections: dict[str, list[str]] = {}
    lines = description
    for line in (inspect.getdoc(function) or "").splitlines():
        if heading := SECTION.match(line):
            lines = sections.setdefault(heading[1], [])
        else:
            lines.append(line)
    return _paragraphs(description), _arguments(sections.get("Args", []))


def _paragraphs(lines: list[str]) -> str:
    paragraphs = "\n".join(lines).strip().split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _arguments(lines: list[str]) -> dict[str, str]:
    entries: dict[str, list[str]] = {}
    indent: int | None = None
    current: list[str] = []
    for line in filter(str.strip, lines):
        depth = len(line) - len(line.lstrip())
        indent = depth if indent is None else indent
        entry = ARGUMENT.match(line.strip()) if depth == indent else None
        if entry:
            current = entries.setdefault(entry["name"], [])
        current.append(entry["text"] if entry else line.strip())
    return {name: " ".join(texts).strip() for name, texts in entries.items()}
