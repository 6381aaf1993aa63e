"""Reading a CSV the way a small data analysis does: columns, sums, groups."""

from __future__ import annotations

import csv
import io
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from local.provider.brain.outputs import number, shown
from local.provider.brain.periods import dates_in
from local.provider.brain.words import content_words, name_words

_MAX_GROUPS = 12


@dataclass(frozen=True)
class Sheet:
    """A CSV file's columns and rows."""

    filename: str
    columns: list[str]
    rows: list[list[str]]

    def numeric_columns(self) -> list[str]:
        """Columns whose values are all numbers, keys left out."""
        return [
            name
            for name in self.columns
            if not name.lower().endswith("id")
            and (cells := self.cells(name))
            and all(number(cell) is not None for cell in cells)
        ]

    def cells(self, column: str) -> list[str]:
        """The values of a column that are not empty."""
        index = self.columns.index(column)
        return [row[index] for row in self.rows if index < len(row) and row[index].strip()]

    def describe(self) -> str:
        """Rows, columns, and sum and mean of each column of numbers."""
        lines = [f"{self.filename}: {len(self.rows)} rows, columns {', '.join(self.columns)}"]
        for name in self.numeric_columns():
            values = [number(cell) or Decimal(0) for cell in self.cells(name)]
            total = sum(values, Decimal(0))
            lines.append(
                f"{name}: sum {shown(total)}, mean {shown(total / len(values))}, "
                f"min {shown(min(values))}, max {shown(max(values))}"
            )
        return "\n".join(lines)


@dataclass(frozen=True)
class Series:
    """What a chart shows: a value per label."""

    title: str
    labels: list[str]
    values: list[float]
    over_time: bool


def read_sheet(filename: str, content: bytes) -> Sheet | None:
    """A file as a sheet; None if it is not a table of at least one row and two columns."""
    text = content.decode("utf-8-sig", errors="replace")
    delimiter = max(",;\t", key=text[:1000].count)
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if row]
    if len(rows) < 2 or len(rows[0]) < 2:
        return None
    return Sheet(filename, [cell.strip() for cell in rows[0]], rows[1:])


def series_of(sheet: Sheet, question: str) -> Series | None:
    """The sums of the column that the question means, by the group that it means."""
    measures = sheet.numeric_columns()
    groups = [name for name in sheet.columns if name not in measures and sheet.cells(name)]
    measure = _meant(measures, question)
    if measure is None:
        return None
    if not groups:
        values = [float(number(cell) or 0) for cell in sheet.cells(measure)][:_MAX_GROUPS]
        return Series(measure, [str(i) for i in range(1, len(values) + 1)], values, True)
    group = _meant(sorted(groups, key=lambda name: _many(sheet, name)), question) or groups[0]
    totals = _totals(sheet, group, measure)
    over_time = all(dates_in(label) or label[:4].isdigit() for label in totals)
    ranked = sorted(totals.items(), key=lambda p: p[0] if over_time else -p[1])
    kept = ranked[-_MAX_GROUPS:] if over_time else ranked[:_MAX_GROUPS]
    return Series(f"{measure} by {group}", [k for k, _ in kept], [v for _, v in kept], over_time)


def _totals(sheet: Sheet, group: str, measure: str) -> OrderedDict[str, float]:
    by, of = sheet.columns.index(group), sheet.columns.index(measure)
    totals: OrderedDict[str, float] = OrderedDict()
    for row in sheet.rows:
        if max(by, of) < len(row) and (value := number(row[of])) is not None:
            totals[row[by]] = totals.get(row[by], 0.0) + float(value)
    return totals


def _meant(names: Sequence[str], question: str) -> str | None:
    asked = set(content_words(question))
    return next((n for n in names if asked & set(name_words(n))), names[0] if names else None)


def _many(sheet: Sheet, column: str) -> bool:
    return len(set(sheet.cells(column))) > _MAX_GROUPS
