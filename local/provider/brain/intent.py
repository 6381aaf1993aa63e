"""What a question about data asks for: which measure, by what, how many, and of which the parts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from local.provider.brain.catalog import Catalog, Column, Table
from local.provider.brain.words import (
    NUMBER_WORDS,
    content_words,
    count_word,
    singular,
    word_set,
    words,
)

Measure = Literal["revenue", "units", "rows", "average"]

_DATA_WORDS = word_set(
    """sale sold sell selling revenue turnover region product customer quarter order income
    database table row average total average"""
)
_LEAST = re.compile(r"\b(least|worst|lowest|fewest|bottom)\b", re.I)
_UNITS = re.compile(r"\b(units|pieces|quantity|items)\b", re.I)
_COUNT = re.compile(r"\b(?:how many|number of|count)\b(?!.*\bsold\b)", re.I)
_AVERAGE = re.compile(r"\b(average|mean)\b", re.I)
_ELLIPTIC = re.compile(r"^\s*(and|what about|how about|same|then)\b", re.I)


@dataclass(frozen=True)
class Dimension:
    """What the numbers are split by: a column of a table, under the question's own word."""

    word: str
    table: Table
    column: Column
    count: int


@dataclass(frozen=True)
class Intent:
    """A question about data. `parts` explains the winner of `main`."""

    measure: Measure
    main: Dimension | None
    parts: Dimension | None
    least: bool
    counted: Table | None


def about_data(question: str, table_names: list[str]) -> bool:
    """Whether a question is about what is in a database."""
    known = _DATA_WORDS | {singular(name) for name in table_names}
    return any(word in known for word in content_words(question))


def follows_up(question: str) -> bool:
    """Whether a question only makes sense after an earlier one."""
    return bool(_ELLIPTIC.match(question)) and len(words(question)) <= 10


def read_intent(question: str, catalog: Catalog) -> Intent:
    """Read a question against the tables that there are."""
    clauses = re.split(r",|\band\b(?=\s+(?:which|what|who|the\s+top)\b)", question)
    dimensions = [d for clause in clauses for d in _dimensions(clause, catalog)]
    counted = _counted_table(question, catalog) if _COUNT.search(question) else None
    main = None if counted else next(iter(dimensions), None)
    parts = next((d for d in dimensions[1:] if main and d.word != main.word), None)
    return Intent(_measure(question, counted), main, parts, bool(_LEAST.search(question)), counted)


def _measure(question: str, counted: Table | None) -> Measure:
    if counted:
        return "rows"
    if _UNITS.search(question):
        return "units"
    return "average" if _AVERAGE.search(question) else "revenue"


def _counted_table(question: str, catalog: Catalog) -> Table | None:
    asked = content_words(question)
    return next((t for t in catalog.tables.values() if singular(t.name) in asked), None)


def _dimensions(clause: str, catalog: Catalog) -> list[Dimension]:
    fact = catalog.fact_table()
    found: list[Dimension] = []
    for word in content_words(clause):
        place = _place(word, catalog, fact)
        if place is not None and all(word != d.word for d in found):
            found.append(Dimension(word, *place, _count(clause, word)))
    return found


def _count(clause: str, word: str) -> int:
    number = rf"\d+|{'|'.join(NUMBER_WORDS)}"
    match = re.search(rf"\b({number})\s+(?:[a-z]+\s+)?{word[:-1]}", clause, re.I)
    return (count_word(match.group(1)) if match else None) or 1


def _place(word: str, catalog: Catalog, fact: Table | None) -> tuple[Table, Column] | None:
    ordered = sorted(catalog.tables.values(), key=lambda table: table is not fact)
    for table in ordered:
        column = table.column(word, f"{word}_name")
        if column and not column.numeric and not column.dated:
            return table, column
    for table in ordered:
        if table is not fact and singular(table.name) == word and table.label_column:
            return table, table.label_column
    return None
