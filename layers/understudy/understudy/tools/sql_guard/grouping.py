"""The effect of GROUP BY, DISTINCT and aggregates on the number of a SELECT's rows."""

from collections.abc import Sequence
from functools import cached_property

from understudy.tools.sql_guard.calls import AGGREGATES, literal_number
from understudy.tools.sql_guard.query import Node, Query, children_of, kind_of
from understudy.tools.sql_guard.relations import Relation
from understudy.tools.sql_guard.sizes import CAP, capped

SUBQUERIES = frozenset({"Select", "Union", "Except", "Intersect", "Values"})
WRAPPERS = frozenset({"Filter", "WithinGroup"})


class Grouping:
    """How one SELECT groups its rows."""

    def __init__(self, select: Node, query: Query) -> None:
        self._select = select
        self._query = query
        group = select.args.get("group")
        self._by: list[Node] = list(group.expressions) if group else []
        self.is_grouped = group is not None

    @cached_property
    def is_one_row(self) -> bool:
        """Whether aggregates reduce the result to one row."""
        return not self.is_grouped and any(map(_aggregates, self._select.expressions))

    @cached_property
    def is_list(self) -> bool:
        """Whether GROUP BY or DISTINCT removes equal rows."""
        return self.is_grouped or self._select.args.get("distinct") is not None

    def rows(self, combined: int) -> int:
        """Returns the rows of the result if the FROM clause has `combined` rows."""
        sets = 1
        for part in self._by:
            if kind_of(part) in {"Cube", "Rollup", "GroupingSets"}:
                many = len(part.expressions)
                sets *= 2 ** min(many, 20) if kind_of(part) == "Cube" else many + 1
        return 1 if self.is_one_row else capped(combined * sets)

    def key(self, names: Sequence[str | None], *, is_open: bool) -> frozenset[str] | None:
        """Returns output columns that identify a row; empty for one row, None if unknown."""
        if self.is_one_row:
            return frozenset()
        distinct = self._select.args.get("distinct")
        if distinct is not None and not distinct.args.get("on"):
            known = frozenset(name for name in names if name is not None)
            return known if not is_open and len(known) == len(names) else None
        if not self.is_grouped:
            return None
        places = [self._place(expression) for expression in self._by]
        shown = [names[place] for place in places if place is not None and place < len(names)]
        known = frozenset(name for name in shown if name is not None)
        return known if len(known) == len(self._by) else None

    def _place(self, expression: Node) -> int | None:
        """Returns the output column of a GROUP BY item, which is a number, a name or an
        expression."""
        kind = kind_of(expression)
        if kind == "Literal" and expression.name.isdigit():
            return int(expression.name) - 1
        for place, shown in enumerate(self._select.expressions):
            inner = shown.this if kind_of(shown) == "Alias" else shown
            if inner == expression:
                return place
            if kind == "Column" and self._query.fold(expression.this) == self._shown_name(shown):
                return place
        return None

    def _shown_name(self, shown: Node) -> str | None:
        if kind_of(shown) == "Alias":
            return self._query.fold(shown.args["alias"])
        is_column = kind_of(shown) == "Column" and kind_of(shown.this) == "Identifier"
        return self._query.fold(shown.this) if is_column else None


def _aggregates(expression: Node) -> bool:
    """Returns whether an expression has an aggregate that is not a window function."""
    waiting = [expression]
    while waiting:
        node = waiting.pop()
        if kind_of(node) == "Anonymous" and str(node.this).lower() in AGGREGATES:
            scalar = str(node.this).lower() in {"max", "min"} and len(node.expressions) > 1
            if not scalar and not is_windowed(node):
                return True
        if kind_of(node) not in SUBQUERIES:
            waiting += children_of(node)
    return False


def is_windowed(call: Node) -> bool:
    """Returns whether an aggregate has an OVER clause, which makes it a window function."""
    node = call.parent
    while kind_of(node) in WRAPPERS:
        node = node.parent
    return kind_of(node) == "Window"


def limited(node: Node, result: Relation) -> Relation:
    """Returns the result of a query with the rows that its LIMIT leaves."""
    limit = node.args.get("limit")
    if limit is None:
        return result
    count = limit.args.get("count" if kind_of(limit) == "Fetch" else "expression")
    return result.limited(literal_number([count], CAP))
