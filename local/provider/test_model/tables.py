"""Reading a CSV file: its columns, its sums, and the series that a chart shows."""

import csv
import io
import re
from dataclasses import dataclass
from pathlib import PurePath

from local.provider.test_model.words import word_stems

READABLE = {".csv", ".tsv", ".txt"}
_MOST_LABELS = 12
_POINT = re.compile(r"([A-Za-z][\w-]*)\s*[:=]\s*(-?\d+(?:\.\d+)?)")


@dataclass(frozen=True)
class Series:
    """A value for each label."""

    title: str
    labels: list[str]
    values: list[float]

    def as_csv(self) -> bytes:
        """Return the series as a CSV file."""
        pairs = zip(self.labels, self.values, strict=True)
        return "".join(["label,value\n", *(f"{k},{v:g}\n" for k, v in pairs)]).encode()


@dataclass(frozen=True)
class Table:
    """A table's columns and rows."""

    filename: str
    columns: list[str]
    rows: list[list[str]]

    def numeric_columns(self) -> list[str]:
        """Return the columns that hold numbers only."""
        return [c for c in self.columns if all(_number(v) is not None for v in self._cells(c))]

    def describe(self) -> str:
        """Return the number of rows, the columns, and the sum of each column of numbers."""
        lines = [f"{self.filename}: {len(self.rows)} rows, columns {', '.join(self.columns)}"]
        for column in self.numeric_columns():
            values = [_number(cell) or 0 for cell in self._cells(column)]
            lines.append(f"{column}: sum {sum(values):g}, min {min(values):g}, max {max(values):g}")
        return "\n".join(lines)

    def series(self, question: str) -> Series | None:
        """Return the sums of one column by another; the question's words choose both."""
        measures = self.numeric_columns()
        groups = [c for c in self.columns if c not in measures]
        if not measures:
            return None
        measure = _chosen(measures, question)
        group = _chosen(groups, question) if groups else None
        totals: dict[str, float] = {}
        for number, row in enumerate(self.rows, 1):
            label = row[self.columns.index(group)] if group else str(number)
            value = _number(row[self.columns.index(measure)]) or 0
            totals[label] = totals.get(label, 0) + value
        shown = list(totals.items())[:_MOST_LABELS]
        title = f"{measure} by {group}" if group else measure
        return Series(title, [label for label, _ in shown], [value for _, value in shown])

    def _cells(self, column: str) -> list[str]:
        index = self.columns.index(column)
        return [row[index] for row in self.rows]


def read_table(filename: str, content: bytes) -> Table | None:
    """Return a file's table; None unless it has a header, a row and two columns."""
    if PurePath(filename).suffix.lower() not in READABLE:
        return None
    text = content.decode("utf-8-sig", errors="replace")
    delimiter = max(",;\t", key=text[:1000].count)
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if row]
    if len(rows) < 2 or len(rows[0]) < 2:
        return None
    columns = [cell.strip() for cell in rows[0]]
    width = len(columns)
    return Table(filename, columns, [(row + [""] * width)[:width] for row in rows[1:]])


def points_in(question: str) -> Series | None:
    """Return the pairs written in a question, such as `jan: 3, feb: 5`."""
    pairs = _POINT.findall(question)
    if len(pairs) < 2:
        return None
    return Series("values", [label for label, _ in pairs], [float(value) for _, value in pairs])


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", "") or "nan")
    except ValueError:
        return None


def _chosen(columns: list[str], question: str) -> str:
    asked = word_stems(question)
    return next((c for c in columns if asked & word_stems(c.replace("_", " "))), columns[0])
