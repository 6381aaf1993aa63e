"""Writes docs/benchmarks.md from the measurements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.budgets import BUDGETS, Budget


@dataclass(frozen=True)
class Table:
    """A table; the first column is text, the others are figures."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    title: str = ""

    def markdown(self) -> str:
        rule = ["---", *["---:"] * (len(self.header) - 1)]
        lines = [self.header, rule, *self.rows]
        text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        return f"{self.title}\n\n{text}" if self.title else text


@dataclass
class Section:
    """A part of the page: text, tables, plots, and the figures that have budgets."""

    title: str
    text: list[str] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    plots: list[tuple[str, str]] = field(default_factory=list)
    """File name and alternative text."""
    measured: dict[str, float] = field(default_factory=dict)
    compared: dict[str, float] = field(default_factory=dict)
    """Figures that `bench/before.json` has too."""
    series: dict[str, Mapping[str, object]] = field(default_factory=dict)
    """Plotted values, by plot."""


@dataclass(frozen=True)
class Verdict:
    """A budget and the measured value."""

    name: str
    budget: Budget
    value: float

    @property
    def kept(self) -> bool:
        return self.value <= self.budget.at_most


def verdicts(sections: Sequence[Section]) -> list[Verdict]:
    """Compares figures with budgets. Raises KeyError for a figure without one."""
    return [
        Verdict(name, BUDGETS[name], value)
        for section in sections
        for name, value in section.measured.items()
    ]


def markdown(machine: Sequence[str], sections: Sequence[Section], command: str) -> str:
    """Returns the whole page."""
    parts = [
        "# Benchmarks",
        f"Written by `{command}`; all figures are of one run on one machine. A ratio's baseline "
        "was measured beside it, one after the other in pairs.",
        "\n".join(f"- {line}" for line in machine),
        "## Budgets",
        _budget_table(verdicts(sections)).markdown(),
        *_reasons(verdicts(sections)),
    ]
    for section in sections:
        parts += [f"## {section.title}", *section.text]
        parts += [table.markdown() for table in section.tables]
        parts += [f"![{alt}]({name})" for name, alt in section.plots]
    return "\n\n".join(parts) + "\n"


def _budget_table(found: Sequence[Verdict]) -> Table:
    rows = [
        (
            f"{verdict.name}, {verdict.budget.unit}",
            f"{verdict.value:.3g}",
            f"{verdict.budget.at_most:g}",
            _judgement(verdict),
        )
        for verdict in found
    ]
    return Table(("figure", "measured", "at most", ""), rows)


def _judgement(verdict: Verdict) -> str:
    if not verdict.kept:
        return "**missed**"
    goal = verdict.budget.goal
    return "kept" if goal is None or verdict.value <= goal else f"kept; **goal {goal:g} missed**"


def _reasons(found: Sequence[Verdict]) -> list[str]:
    """Returns the reasons for budgets above their goals."""
    return [
        f"{verdict.name.capitalize()}: the goal was {verdict.budget.goal:g}. Why not: "
        f"{verdict.budget.why}"
        for verdict in found
        if verdict.budget.goal is not None
    ]


def write(text: str, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "benchmarks.md"
    path.write_text(text)
    return path
