"""docs/reliability.md names tests that exist, and the numbers of scenarios and points."""

import re
from pathlib import Path

import pytest

from tests.faults.points import all_points
from tests.faults.scenarios import SCENARIOS

TESTS = Path(__file__).resolve().parents[1]
PAGE = (TESTS.parent / "docs" / "reliability.md").read_text()
ROW = re.compile(r"^\| (F\d{3}) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
REASON = "does not apply: "
MOST_REASONS = 2
"""Faults of a part of the provider's API that is not used."""


@pytest.fixture(scope="module")
def defined() -> set[str]:
    """The names of all tests."""
    texts = (path.read_text() for path in TESTS.rglob("test_*.py"))
    return {name for text in texts for name in re.findall(r"def (test_\w+)\(", text)}


def test_every_fault_is_on_the_page_once() -> None:
    """From F001 to F145."""
    assert [number for number, _, _ in ROW.findall(PAGE)] == [f"F{n:03}" for n in range(1, 146)]


def test_every_fault_has_a_test_or_a_reason() -> None:
    """A reason is a sentence, and there are few."""
    reasons = [cell for _, _, cell in ROW.findall(PAGE) if "`test_" not in cell]

    assert all(reason.startswith(REASON) for reason in reasons)
    assert len(reasons) <= MOST_REASONS


def test_every_named_test_exists(defined: set[str]) -> None:
    """Names that end in an ellipsis begin like one."""
    for name in re.findall(r"`(test_\w+)(?:…)?`", PAGE):
        assert any(each.startswith(name) for each in defined), name


def test_every_invariant_is_on_the_page() -> None:
    """From I1 to I14."""
    table = PAGE.partition("| invariant |")[2].partition("\n\n")[0]

    numbers = {int(number) for number in re.findall(r"\bI(\d+)\b", table)}
    assert numbers == set(range(1, 15))


def test_page_has_the_number_of_scenarios_and_points() -> None:
    """Scenarios, and points by the hundred."""
    words = {16: "sixteen", 17: "seventeen", 18: "eighteen", 19: "nineteen"}

    assert f"plays {words[len(SCENARIOS)]} scenarios" in PAGE
    assert f"more than {len(all_points()) // 100 * 100:,} times" in PAGE
