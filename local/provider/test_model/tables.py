"""Reading a CSV file: its columns, its sums, and the series that a chart shows."""

import csv
import io
import re
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
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
    """A table: the cells of each column."""

    filename: str
    columns: dict[str, list[str]]

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(next(iter(self.columns.values())))

    @cached_property
    def numbers(self) -> dict[str, list[float]]:
        """The columns that hold numbers only."""
        found = {}
        for name, cells in self.columns.items():
            with suppress(ValueError):  # another column
                found[name] = [float(cell.replace(",", "") or 0) for cell in cells]
        return found

    def describe(self) -> str:
        """Return the number of rows, the columns, and the sum of each column of numbers."""
        lines = [f"{self.filename}: {self.rows} rows, columns {', '.join(self.columns)}"]
        lines += [f"{name}: sum {sum(values):g}" for name, values in self.numbers.items()]
        return "\n".join(lines)

    def series(self, question: str) -> Series | None:
        """Return the sums of one column by another; the question's words choose both."""
        if not self.numbers:
            return None
        measure = _chosen(list(self.numbers), question)
        groups = [name for name in self.columns if name not in self.numbers]
        group = _chosen(groups, question) if groups else None
        labels = self.columns[group] if group else map(str, range(1, self.rows + 1))
        totals: dict[str, float] = {}
        for label, value in zip(labels, self.numbers[measure], strict=True):
            totals[label] = totals.get(label, 0) + value
        shown = dict(list(totals.items())[:_MOST_LABELS])
        title = f"{measure} by {group}" if group else measure
        return Series(title, list(shown), list(shown.values()))


def read_table(filename: str, content: bytes) -> Table | None:
    """Return a file's table; None unless it has a header, a row and two columns."""
    if PurePath(filename).suffix.lower() not in READABLE:
        return None
    text = content.decode("utf-8-sig", errors="replace")
    delimiter = max(",;\t", key=text[:1000].count)
    rows = csv.DictReader(io.StringIO(text), delimiter=delimiter, restval="")
    cells, names = list(rows), rows.fieldnames or []
    if not cells or len(names) < 2:
        return None
    return Table(filename, {name.strip(): [row[name] for row in cells] for name in names})


def points_in(question: str) -> Series | None:
    """Return the pairs written in a question, such as `jan: 3, feb: 5`."""
    pairs = _POINT.findall(question)
    if len(pairs) < 2:
        return None
    return Series("values", [label for label, _ in pairs], [float(value) for _, value in pairs])


def _chosen(columns: list[str], question: str) -> str:
    asked = word_stems(question)
    return next((c for c in columns if asked & word_stems(c.replace("_", " "))), columns[0])
