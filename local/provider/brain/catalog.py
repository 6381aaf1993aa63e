"""Tables as the schema tool described them, and how they hang together."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from local.provider.brain.outputs import parsed
from local.provider.brain.periods import dates_in
from local.provider.brain.words import singular

_CREATE = re.compile(r"create\s+table\s+[\"`]?(\w+)[\"`]?\s*\((.*?)\)\s*(?:;|$)", re.I | re.S)
_NUMERIC = ("int", "num", "dec", "real", "float", "double", "money")
_NEWEST_KEYS = re.compile(r"max|newest|latest|last|until|range|\bto\b|end", re.I)
_NAME_COLUMNS = ("name", "title", "label")


@dataclass(frozen=True)
class Column:
    """A column's name and type, lower case."""

    name: str
    type: str

    @property
    def numeric(self) -> bool:
        """Whether its type is a number."""
        return any(word in self.type for word in _NUMERIC)

    @property
    def dated(self) -> bool:
        """Whether it holds a day or a moment."""
        return (
            "date" in self.type
            or "time" in self.type
            or self.name in {"date", "day"}
            or self.name.endswith(("_at", "_on", "_date", "_day"))
        )

    @property
    def key(self) -> bool:
        """Whether it identifies a row."""
        return self.name == "id" or self.name.endswith("_id")


@dataclass(frozen=True)
class Table:
    """A table as described, and the newest date that its description mentions."""

    name: str
    columns: tuple[Column, ...]
    newest: date | None = None

    def column(self, *names: str) -> Column | None:
        """The first of these columns that it has."""
        by_name = {column.name: column for column in self.columns}
        return next((by_name[name] for name in names if name in by_name), None)

    @property
    def date_column(self) -> Column | None:
        """The column that says when."""
        return next((column for column in self.columns if column.dated), None)

    @property
    def label_column(self) -> Column | None:
        """The column that people know a row by."""
        one = singular(self.name)
        return self.column(*_NAME_COLUMNS, f"{one}_name", one)


@dataclass
class Catalog:
    """All tables that were described."""

    tables: dict[str, Table] = field(default_factory=dict)

    def add(self, table: Table) -> None:
        """Take a table in."""
        self.tables[table.name] = table

    def links(self, table: Table) -> Iterator[tuple[Table, str]]:
        """The tables that a table refers to, each with its join condition."""
        for column in table.columns:
            if not column.name.endswith("_id"):
                continue
            one = column.name.removesuffix("_id")
            for other in self.tables.values():
                if other.name != table.name and one in {other.name, singular(other.name)}:
                    key = other.column("id", column.name)
                    if key is not None:
                        condition = f"{other.name}.{key.name} = {table.name}.{column.name}"
                        yield other, condition

    def path(self, start: Table, goal: Table) -> list[tuple[Table, str]] | None:
        """The joins that lead from one table to another, fewest first; None if there is no way."""
        waiting: deque[tuple[Table, list[tuple[Table, str]]]] = deque([(start, [])])
        seen = {start.name}
        while waiting:
            table, joins = waiting.popleft()
            if table.name == goal.name:
                return joins
            for other, condition in self.links(table):
                if other.name not in seen:
                    seen.add(other.name)
                    waiting.append((other, [*joins, (other, condition)]))
        return None

    def fact_table(self) -> Table | None:
        """The table of what happened: dated, with the most references and numbers."""
        dated = [table for table in self.tables.values() if table.date_column]
        return max(
            dated or list(self.tables.values()),
            key=lambda table: (
                len(list(self.links(table))),
                sum(column.numeric and not column.key for column in table.columns),
            ),
            default=None,
        )

    @property
    def newest(self) -> date | None:
        """The newest date that any description mentions."""
        return max((t.newest for t in self.tables.values() if t.newest), default=None)


def read_tables(output: str, asked_for: str | None) -> list[Table]:
    """The tables in a schema tool's output: JSON of a common shape, or CREATE TABLE statements."""
    value = parsed(output)
    if isinstance(value, str):
        return [_from_sql(name, body) for name, body in _CREATE.findall(value)]
    newest = max(_newest(value), default=None)
    return list(_from_json(value, asked_for, newest))


def _from_json(value: Any, name: str | None, newest: date | None) -> Iterator[Table]:
    if isinstance(value, dict):
        name = next(
            (v for k in ("table", "table_name", "name") if isinstance(v := value.get(k), str)), name
        )
        if "columns" in value and name:
            yield Table(name, tuple(_columns(value["columns"])), newest)
        elif isinstance(tables := value.get("tables", value.get("schema")), (dict, list)):
            yield from _from_json(tables, name, newest)
        elif name and value and all(isinstance(v, str) for v in value.values()):
            yield Table(name, tuple(_columns(value)), newest)
        else:
            for key, inner in value.items():
                yield from _from_json(inner, key, newest)
    elif isinstance(value, list) and name and (columns := list(_columns(value))):
        yield Table(name, tuple(columns), newest)
    elif isinstance(value, list):
        for inner in value:
            yield from _from_json(inner, None, newest)


def _columns(value: Any) -> Iterator[Column]:
    if isinstance(value, dict):
        for name, kind in value.items():
            text = kind.get("type", "") if isinstance(kind, dict) else kind
            yield Column(name.lower(), str(text).lower())
    elif isinstance(value, list):
        for entry in value:
            if isinstance(entry, str):
                name, _, kind = entry.partition(" ")
                yield Column(name.strip(":").lower(), kind.lower())
            elif isinstance(entry, dict):
                name = entry.get("name") or entry.get("column") or entry.get("column_name")
                kind = entry.get("type") or entry.get("data_type") or ""
                if name:
                    yield Column(str(name).lower(), str(kind).lower())


def _from_sql(name: str, body: str) -> Table:
    columns = []
    for line in re.split(r",(?![^()]*\))", body):
        words = line.strip().strip('"`').split()
        if words and words[0].lower() not in {
            "primary",
            "foreign",
            "unique",
            "check",
            "constraint",
        }:
            columns.append(Column(words[0].strip('"`').lower(), " ".join(words[1:2]).lower()))
    return Table(name, tuple(columns))


def _newest(value: Any, key: str = "") -> Iterable[date]:
    if isinstance(value, dict):
        for inner_key, inner in value.items():
            yield from _newest(inner, f"{key} {inner_key}")
    elif isinstance(value, list):
        for inner in value:
            yield from _newest(inner, key)
    elif isinstance(value, str) and _NEWEST_KEYS.search(key) and "sample" not in key:
        yield from dates_in(value)
