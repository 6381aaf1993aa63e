"""Data of the analysis: the sources in scope, and the measurements for the rules."""

from collections.abc import Collection
from dataclasses import dataclass, field

from understudy.tools.registry.errors import QueryRefusedError
from understudy.tools.sql_guard.joins import Estimate
from understudy.tools.sql_guard.query import ASCII_LOWER
from understudy.tools.sql_guard.relations import Relation
from understudy.tools.sql_guard.sizes import Size, capped

MAX_COLUMNS = 5_000
"""Output columns of all SELECTs of a query together. `SELECT *, *` in a chain of CTEs doubles
them at each level, so the analysis itself has to stop."""


@dataclass
class Frame:
    """One SELECT: its sources, its output columns, and the rows that its aggregates read.

    `rows` is the most they may read, `usual` the mean over the rows of an outer query.
    """

    sources: dict[str, Relation] = field(default_factory=dict)
    outputs: dict[str, Size] = field(default_factory=dict)
    rows: int = 1
    usual: int = 1
    grouped: bool = False

    def rows_of(self, qualifiers: Collection[str]) -> int:
        """Returns the combinations of the named sources, or all rows if one is not found."""
        rows = 1
        for name in qualifiers:
            source = self.sources.get(name) or self.sources.get(name.translate(ASCII_LOWER))
            if source is None:
                return self.rows
            rows = capped(rows * source.rows)
        return rows


@dataclass
class Analysis:
    """The measurements that the rules compare with their limits.

    `work`, `plan` and `volume` are the largest that any SELECT of the query has, `separator` is
    the longest separator of a text aggregate, and `products` has the FROM clauses.
    """

    work: int = 0
    plan: int = 0
    volume: int = 0
    separator: int = 0
    unknown_columns: list[str] = field(default_factory=list)
    whole_rows: list[str] = field(default_factory=list)
    products: list[Estimate] = field(default_factory=list)
    columns: int = 0

    def count_columns(self, number: int) -> None:
        """Counts output columns. Raises QueryRefusedError above `MAX_COLUMNS`."""
        self.columns += number
        if self.columns > MAX_COLUMNS:
            raise QueryRefusedError(
                f"The query and its subqueries select more than {MAX_COLUMNS} columns. Name the "
                "columns instead of using *."
            )


Frames = tuple[Frame, ...]
"""The innermost SELECT first."""


def find_source(name: str, frames: Frames) -> Relation | None:
    """Returns the relation with this name in the innermost SELECT that has one."""
    return next((each.sources[name] for each in frames if name in each.sources), None)
