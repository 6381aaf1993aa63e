"""Every command line in the documentation can be run as written."""

import importlib.util
import re
import shlex
from collections.abc import Iterable
from pathlib import Path

import click
import pytest

from operate.cli import understudy
from tests.contract.conftest import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"^ {4}(.+)$", re.MULTILINE)
INLINE = re.compile(r"`([^`]+)`")
COMMAND = re.compile(r"^(?:[A-Z_]+=\S+ +)*(?:\.venv/bin/)?((?:make|understudy|python -m) .+)$")


def commands(lines: Iterable[str]) -> set[str]:
    """Returns the lines that begin with `make`, `understudy` or `python -m`."""
    return {match[1] for line in lines if (match := COMMAND.match(line))}


def typed(text: str) -> set[str]:
    """Returns the command lines in a page's code blocks, which a reader copies."""
    prose = re.sub(FENCED, "", text)
    blocks = [line for block in BLOCK.findall(text) for line in block.splitlines()]
    return commands([*blocks, *INDENTED.findall(prose)])


def mentioned(text: str) -> set[str]:
    """Returns the command lines within a page's sentences, which may leave out arguments."""
    return commands(" ".join(code.split()) for code in INLINE.findall(re.sub(FENCED, "", text)))


TYPED = sorted({(page, line) for page in PAGES for line in typed(page.read_text())})
MENTIONED = sorted({(page, line) for page in PAGES for line in mentioned(page.read_text())})


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def problem(line: str, *, in_sentence: bool = False) -> str | None:
    """Returns why the line does not parse, or None. In a sentence it may leave out arguments."""
    words = shlex.split(line, comments=True)
    if words[0] == "make":
        unknown = {word for word in words[1:] if "=" not in word} - targets()
        return f"no target {', '.join(sorted(unknown))}" if unknown else None
    if words[0] == "python":
        return None if _is_module(words[2]) else f"no module {words[2]}"
    return _problem_of_understudy(words[1:], in_sentence)


def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def _problem_of_understudy(words: list[str], in_sentence: bool) -> str | None:
    command: click.Command = understudy
    context = click.Context(understudy, info_name="understudy")
    while words and isinstance(command, click.Group) and not words[0].startswith("-"):
        found = command.get_command(context, words[0])
        if found is None:
            return f"{command.name} has no command {words[0]}"
        command, words = found, words[1:]
    if "--help" in words or (in_sentence and not words):
        return None
    try:
        command.make_context(command.name, words)
    except click.ClickException as error:
        # The pages' sample files do not exist here.
        return None if "does not exist" in error.message else error.message
    return None


@pytest.mark.parametrize(("page", "line"), TYPED, ids=[f"{p.stem}: {line}" for p, line in TYPED])
def test_documented_command_line_parses(page: Path, line: str) -> None:
    """Known make target, known subcommand, options and arguments."""
    del page
    assert problem(line) is None


@pytest.mark.parametrize(
    ("page", "line"), MENTIONED, ids=[f"{p.stem}: {line}" for p, line in MENTIONED]
)
def test_command_in_a_sentence_exists(page: Path, line: str) -> None:
    """Known make target and subcommand."""
    del page
    assert problem(line, in_sentence=True) is None


@pytest.mark.parametrize(
    "line",
    [
        "make dmeo",
        "make demo tset",
        "python -m operate.nothing",
        "understudy nothing",
        "understudy budget shw acme",
        "understudy budget show acme --nothing",
        "understudy budget show",
        "understudy api-key create --name x",
    ],
)
def test_wrong_command_line_is_detected(line: str) -> None:
    """A wrong target, module, subcommand or option, and a missing argument."""
    assert problem(line) is not None


def test_lines_in_blocks_and_in_prose_are_found() -> None:
    """A page's commands are not skipped because of how they are written."""
    text = "Run `make demo` or\n\n    python -m bench\n\n```sh\nA=b understudy ask x\n```\n"

    assert typed(text) == {"python -m bench", "understudy ask x"}
    assert mentioned(text) == {"make demo"}
