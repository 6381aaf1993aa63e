"""Compares the measured figures with those of the design before runs ended in one write.

`before.json` has the figures that the benchmark of that design wrote: its commit was checked out
into a folder with an environment of its own, and measured on the same machine. Counts are exact.
Delays and cold starts depend on what else the machine does, so they were measured under several
loads, and the measurement whose load is nearest to the present one is used.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.cold_start import COMPARED
from bench.report import Section, Table

DOLLARS = "dollars per 1,000 runs of 20 s"
DATA = Path(__file__).with_name("before.json")
COLUMNS = ("before", "now", "now of before")


@dataclass(frozen=True)
class Before:
    """The figures of the earlier design by name, when they were measured, and under which load."""

    when: str
    load: float
    figures: Mapping[str, float]


def before(load: float) -> Before:
    """Returns the measurement that was made under a load as near as possible to this one."""
    known = json.loads(DATA.read_text())
    nearest = min(known["measurements"], key=lambda each: abs(each["load"] - load))
    return Before(nearest["when"], nearest["load"], {**known["counts"], **nearest["figures"]})


def sections(measured: Sequence[Section], load: float) -> list[Section]:
    """Returns the comparison of all figures that both designs have; an empty list without any."""
    now = {name: value for each in measured for name, value in each.compared.items()}
    earlier = before(load)
    known = earlier.figures
    ratios = {name: now[name] / known[name] for name in known if name in now}
    if not ratios:
        return []
    starts = {name: ratio for name, ratio in ratios.items() if name.startswith(COMPARED)}
    others = {name: ratio for name, ratio in ratios.items() if name not in starts}
    section = Section("Before and after")
    section.text = [
        "Before, RecordRun, Ended and RunCompleted were states of the machine, and each end, "
        "creation and recording of a run was a transaction. Counts are exact. Times were measured "
        f"on {earlier.when} on this machine at a load of {earlier.load:g}; the load is {load:.1f} "
        "now. Delays are shares of the polling loop's, cold starts of the naive handler's, which "
        "were measured in the same run. Runs are measured one after the other, so a batch of the "
        "stream has one run; under load it has more, and they share the ledger's write.",
    ]
    section.tables = [
        Table((what, *COLUMNS), [_row(name, known, now) for name in group])
        for what, group in (("figure", others), ("cold start, of naive", starts))
        if group
    ]
    if DOLLARS in ratios:
        section.measured["cost of a run of 20 s beside before"] = ratios[DOLLARS]
    if starts:
        section.measured["slowest cold start beside before"] = max(starts.values())
    return [section]


def _row(name: str, known: Mapping[str, float], now: Mapping[str, float]) -> tuple[str, ...]:
    was, is_now = known[name], now[name]
    return name.removeprefix(COMPARED), f"{was:.3g}", f"{is_now:.3g}", f"{is_now / was:.2f}"
