"""The glossary of CONTRIBUTING.md: words that the project does not use."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.contract.conftest import ROOT

FOLDERS = ("bench", "docs", "functions", "layers", "local", "operate", "statemachine", "tests")
ENDINGS = {".py", ".md", ".yaml", ".toml", ".html", ".js", ".css"}
SINGLE_FILES = ("README.md", "CHANGELOG.md", "Makefile", "template.yaml", "pyproject.toml")
NOT_OUR_TEXT = ("corpus", "recorded", "vendor", "schemas")
"""Folders of data and of other projects' files."""

ROW = re.compile(r"^\| (?!write|---)[^|]+ \| (\"[^|]+) \|$", re.MULTILINE)


def rejected_phrases() -> list[str]:
    """Returns the quoted phrases of the glossary's right-hand column."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    return [phrase for row in ROW.findall(text) for phrase in re.findall(r'"([^"]+)"', row)]


@cache
def checked_texts() -> dict[Path, str]:
    """Returns the text of each file that is ours."""
    return {path: path.read_text() for path in _checked_files()}


def _checked_files() -> Iterator[Path]:
    """Yields these files, except CONTRIBUTING.md, which lists the phrases."""
    yield from (ROOT / name for name in SINGLE_FILES)
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in ENDINGS and not set(path.parts) & set(NOT_OUR_TEXT):
                yield path


def test_glossary_lists_phrases() -> None:
    """A change of the table's layout must not switch the check off."""
    assert len(rejected_phrases()) > 20


@pytest.mark.parametrize("phrase", rejected_phrases())
def test_rejected_phrase_is_not_used(phrase: str) -> None:
    """Reports file and line of every use."""
    spellings = (phrase, phrase[0].upper() + phrase[1:])
    pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, spellings))})\b")

    uses = [
        f"{path.relative_to(ROOT)}:{number}"
        for path, text in checked_texts().items()
        if any(spelling in text for spelling in spellings)  # much faster than the pattern
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]
    assert uses == []
