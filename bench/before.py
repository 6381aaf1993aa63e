"""The figures of the design before runs ended in one write, beside those that were measured now."""

import json
from collections.abc import Sequence
from pathlib import Path

from bench.report import Section, Table

DOLLARS = "dollars per 1,000 runs of 20 s"
DATA = Path(__file__).with_name("before.json")


def before() -> dict[str, float]:
    """Returns the figures of the earlier design by name."""
    found: dict[str, float] = json.loads(DATA.read_text())
    return found


def section(sections: Sequence[Section]) -> Section | None:
    """Returns the comparison, or None if no figure of it was measured."""
    now = {name: value for each in sections for name, value in each.compared.items()}
    known = before()
    rows = [
        (name, f"{known[name]:g}", f"{now[name]:.3g}", f"{now[name] / known[name]:.2f}")
        for name in known
        if name in now
    ]
    if not rows:
        return None
    text = (
        f"Before: measured {known['measured']}, when RecordRun, Ended and RunCompleted were states "
        "of the machine and each end, creation and recording of a run was a transaction. Delays "
        "are shares of the seed's loop. A run and its recording are measured one at a time, so a "
        "batch of the stream has one run; under load it has more, and they share the ledger's "
        "write."
    )
    section = Section(
        "Before and after",
        text=[text],
        tables=[Table(("figure", "before", "now", "now of before"), rows)],
    )
    if DOLLARS in now:
        section.measured["cost of a run of 20 s beside before"] = now[DOLLARS] / known[DOLLARS]
    return section
