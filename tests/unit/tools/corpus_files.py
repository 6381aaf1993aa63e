"""Reads the statements of tests/unit/tools/corpus."""

from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).parent / "corpus"
SIGNS = str.maketrans({"⏎": "\n", "␍": "\r", "␀": "\0"})
DIALECTS = ("postgres", "sqlite")


def benign(dialect: str) -> list[str]:
    """Returns queries that the guard must accept."""
    return [*_read("benign_both"), *_read(f"benign_{dialect}")]


def attacks(dialect: str) -> list[str]:
    """Returns statements that the guard must reject."""
    return [*_read("attacks_both"), *_read(f"attacks_{dialect}")]


def _read(name: str) -> Iterator[str]:
    for line in (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith(("# ", "## ")):
            yield line.translate(SIGNS)
