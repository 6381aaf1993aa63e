"""What a table, a CTE or a subquery returns: its columns with their sizes, and its rows.

Row counts are nominal, as the guard knows no data: a table counts as `TABLE_ROWS`. Tables joined
by an equality count as a lookup unless both hold the same table, which may join every row with
every other one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from understudy.tools.sql_guard.sizes import CAP, STORED, Size, capped, widest

TABLE_ROWS = 1_000
FEW_ROWS = 100
"""Rows of a list that is short enough to be combined with others: a GROUP BY, a filtered table."""
UNKNOWN_COLUMNS = 20
"""Columns that `*` stands for where a table's columns are not known."""

Named = tuple[str | None, Size]


@dataclass(frozen=True)
class Relation:
    """The output of a query, or a table.

    `is_open`: there may be more columns than the named ones. `rows` bounds the rows; `usual` is
    their mean for a subquery that depends on an outer query's row. `plan` is the planner's work
    for the whole tree and `branches` the number of its UNION branches. `tables` are those it
    reads. `key` is a set of columns that no two rows share, None if none is known. `own_table`:
    it is a plain table. `is_list`: GROUP BY or DISTINCT made it.
    """

    columns: tuple[Named, ...] = ()
    is_open: bool = False
    rows: int = 1
    usual: int = 1
    plan: int = 1
    branches: int = 1
    tables: frozenset[object] = frozenset()
    key: frozenset[str] | None = None
    own_table: bool = False
    is_list: bool = False

    @cached_property
    def by_name(self) -> dict[str, Size]:
        named: dict[str, Size] = {}
        for name, size in self.columns:
            if name is not None:
                named[name] = widest(size, named[name]) if name in named else size
        return named

    @cached_property
    def largest(self) -> Size:
        """Returns bounds for a column of unknown name."""
        size = STORED if self.is_open or not self.columns else self.columns[0][1]
        for _, column in self.columns:
            size = widest(size, column)
        return size

    @cached_property
    def has_unnamed(self) -> bool:
        return any(name is None for name, _ in self.columns)

    @cached_property
    def row_width(self) -> int:
        """Bytes of an average row."""
        stored = STORED.mean * UNKNOWN_COLUMNS if self.is_open else 0
        return capped(stored + sum(size.mean for _, size in self.columns))

    @cached_property
    def is_short(self) -> bool:
        return self.is_list or self.key is not None or self.rows <= FEW_ROWS

    def renamed(self, names: Sequence[str]) -> "Relation":
        """Returns the relation with the column names of an alias such as `t (a, b)`."""
        if not names:
            return self
        if self.is_open:
            fresh = [(name, self.largest) for name in names]
            return replace(self, columns=(*fresh, *self.columns), key=_no_names(self.key))
        kept = self.columns[len(names) :]
        sizes = [size for _, size in self.columns[: len(names)]]
        columns = (*zip(names, sizes, strict=False), *kept)
        return replace(self, columns=columns, key=_no_names(self.key))

    def limited(self, rows: int) -> "Relation":
        """Returns the relation with at most `rows` rows, which may be its widest ones."""
        if rows >= self.usual:
            return self
        rows = max(rows, 1)
        columns = tuple(
            (name, replace(size, mean=min(size.width, capped(size.mean * self.usual // rows))))
            for name, size in self.columns
        )
        key = frozenset[str]() if rows == 1 else self.key
        return replace(self, columns=columns, rows=rows, usual=rows, key=key)


def table(name: object, columns: Iterable[str] | None) -> Relation:
    """Returns the relation of a table; if its columns are unknown, any name is one."""
    return Relation(
        columns=tuple((column, STORED) for column in columns or ()),
        is_open=columns is None,
        rows=TABLE_ROWS,
        usual=TABLE_ROWS,
        tables=frozenset([name]),
        own_table=True,
    )


def union(branches: Sequence[Relation], *, adds_rows: bool) -> Relation:
    """Returns the relation with the rows of all branches and the names of the first."""
    first = branches[0]
    columns: list[Named] = []
    for place, (name, size) in enumerate(first.columns):
        for branch in branches[1:]:
            if place < len(branch.columns):
                size = widest(size, branch.columns[place][1])
            if branch.is_open:
                size = widest(size, STORED)
        columns.append((name, size))
    total = sum if adds_rows else max
    return Relation(
        columns=tuple(columns),
        is_open=any(branch.is_open for branch in branches),
        rows=capped(total(branch.rows for branch in branches)),
        usual=capped(total(branch.usual for branch in branches)),
        plan=capped(sum(branch.plan for branch in branches)),
        branches=capped(sum(branch.branches for branch in branches)),
        tables=frozenset[object]().union(*(branch.tables for branch in branches)),
    )


def joined_rows(group: Sequence[tuple[Relation, frozenset[str]]]) -> int:
    """Returns the rows of relations that equalities link, each given with its linked columns."""
    start, *others = sorted(
        group, key=lambda pair: (_is_lookup(*pair), -pair[0].usual, len(pair[0].tables))
    )
    rows, seen = start[0].usual, set(start[0].tables)
    for relation, equated in others:
        if _is_lookup(relation, equated):
            continue
        if relation.tables & seen or not relation.tables:
            rows *= max(relation.usual, 1)
        else:
            rows = 2 * max(rows, relation.usual)
        seen |= relation.tables
        rows = min(rows, CAP)
    return rows


def _is_lookup(relation: Relation, equated: frozenset[str]) -> bool:
    """Returns whether the equalities find at most one row of the relation."""
    return relation.key is not None and relation.key <= equated


def _no_names(key: frozenset[str] | None) -> frozenset[str] | None:
    """Returns the key after the columns were renamed: only that of a single row stays known."""
    return key if not key else None
