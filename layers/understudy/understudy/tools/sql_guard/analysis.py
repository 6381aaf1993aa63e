"""Measures a query, each node and CTE once: follows columns to their source and bounds sizes."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from understudy.tools.sql_guard import sizes
from understudy.tools.sql_guard.columns import Columns
from understudy.tools.sql_guard.expressions import separator_of, size_of_node
from understudy.tools.sql_guard.frames import Analysis, Frame, Frames
from understudy.tools.sql_guard.grouping import Grouping, limited
from understudy.tools.sql_guard.joins import Sources, is_join_group, sources_of
from understudy.tools.sql_guard.names import output_name
from understudy.tools.sql_guard.query import (
    OWN_SCHEMAS,
    SET_OPERATIONS,
    Node,
    Query,
    branches_of,
    children_of,
    clauses_of,
    kind_of,
)
from understudy.tools.sql_guard.relations import Named, Relation, table, union
from understudy.tools.sql_guard.sizes import STORED, Size, capped

QUERIES = frozenset({"Select", "Union", "Except", "Intersect", "Subquery", "Values", "Table"})
UNMEASURED = frozenset({"Identifier", "DataType", "DataTypeParam", "TableAlias", "Var"})

CLAUSES = ("distinct", "where", "group", "having", "windows", "order", "limit", "offset")
AFTER = ("order", "limit", "offset")

NO_FRAME = Frame()

Ctes = Mapping[str, Relation]


class Analyst:
    """Measures one query."""

    def __init__(self, query: Query) -> None:
        self.query = query
        self.found = Analysis()
        self.columns = Columns(query, self.found)
        self.tables: dict[tuple[str, str], Relation] = {}

    def relation(self, node: Node, ctes: Ctes, outer: Frames) -> Relation:
        """Measures a query node and returns its output."""
        kind = kind_of(node)
        if kind == "Table":
            return self._table(node, ctes)
        ctes = self._with_ctes(node, ctes, outer)
        if kind == "Select":
            result = self._select(node, ctes, outer)
        elif kind in SET_OPERATIONS:
            branches = [self.relation(each, ctes, outer) for each in branches_of(node)]
            result = union(branches, adds_rows=kind == "Union")
            result = self._ordered(node, result, ctes, outer)
        elif kind == "Values":
            result = self._values(node, ctes, outer)
        else:
            result = self._ordered(node, self.relation(node.this, ctes, outer), ctes, outer)
        self.found.plan = max(self.found.plan, result.plan)
        self.found.volume = max(self.found.volume, capped(result.usual * result.row_width))
        return result

    def _with_ctes(self, node: Node, ctes: Ctes, outer: Frames) -> Ctes:
        with_ = node.args.get("with_")
        if with_ is None:
            return ctes
        visible = dict(ctes)
        for cte in with_.expressions:
            alias = cte.args["alias"]
            relation = self.relation(cte.this, visible, outer)
            visible[self.query.fold(alias.this)] = relation.renamed(self._names(alias))
        return visible

    def _table(self, node: Node, ctes: Ctes) -> Relation:
        name = self.query.fold(node.this)
        schema = node.args.get("db")
        if schema is None and name in ctes:
            return ctes[name]
        place = (self.query.fold(schema) if schema else OWN_SCHEMAS[self.query.dialect], name)
        if place not in self.tables:
            self.tables[place] = table(place, self.query.columns.get(place))
        return self.tables[place]

    def _values(self, node: Node, ctes: Ctes, outer: Frames) -> Relation:
        rows = []
        for row in node.expressions:
            cells = row.expressions if kind_of(row) == "Tuple" else [row]
            measured = [self._size(cell, ctes, outer) for cell in cells]
            plan = sum(size.plan for size in measured)
            named = tuple((f"column{n}", size) for n, size in enumerate(measured, start=1))
            rows.append(Relation(columns=named, plan=plan))
        return union(rows, adds_rows=True)

    def _ordered(self, node: Node, result: Relation, ctes: Ctes, outer: Frames) -> Relation:
        """Returns a result after its ORDER BY and LIMIT."""
        frame = Frame({"": result}, dict(result.by_name))
        plan = self._clauses(clauses_of(node, AFTER), ctes, (frame, *outer))
        return limited(node, replace(result, plan=capped(result.plan + plan)))

    def _select(self, node: Node, ctes: Ctes, outer: Frames) -> Relation:
        frame, joined = self._frame(node, ctes, outer)
        frames = (frame, *outer)
        grouping = Grouping(node, self.query)
        frame.grouped = grouping.is_grouped
        shown: list[Named] = []
        is_open = False
        for expression in node.expressions:
            for name, size, may_be_more in self._projection(expression, ctes, frames):
                shown.append((name, size))
                is_open = is_open or may_be_more
                self.found.count_columns(1)
        frame.outputs = {name: size for name, size in shown if name is not None}
        self.found.work = max(self.found.work, capped(sum(size.work for _, size in shown)))
        rest = self._clauses([*joined, *clauses_of(node, CLAUSES)], ctes, frames)
        plan = rest + sum(size.plan for _, size in shown)
        sources = frame.sources.values()
        branches = max((each.branches for each in sources), default=1)
        result = Relation(
            columns=tuple(shown),
            is_open=is_open,
            rows=grouping.rows(frame.rows),
            usual=grouping.rows(frame.usual),
            plan=capped(plan * branches + sum(each.plan for each in sources)),
            branches=branches,
            tables=frozenset[object]().union(*(each.tables for each in sources)),
            key=grouping.key([name for name, _ in shown], is_open=is_open),
            is_list=grouping.is_list,
        )
        return limited(node, result)

    def _frame(self, node: Node, ctes: Ctes, outer: Frames) -> tuple[Frame, list[Node]]:
        """Returns the sources of a SELECT and the conditions of its joins."""
        frame, listed, conditions = Frame(), Sources(self.query), []
        for source, join in sources_of(node):
            relation = self._source(source, ctes, (frame, *outer))
            name = self._alias(source) or f"({len(frame.sources)})"
            while name in frame.sources:
                name += " again"
            frame.sources[name] = relation
            listed.add(name, relation, join)
            if join is not None and join.args.get("on") is not None:
                conditions.append(join.args["on"])
        estimate = listed.estimate(node, [each.sources for each in outer])
        frame.rows, frame.usual = estimate.rows, estimate.usual
        self.found.products.append(estimate)
        return frame, conditions

    def _join_group(self, node: Node, ctes: Ctes, frames: Frames) -> Relation:
        """Returns `(sales s JOIN products p ON …) g` as one relation with all columns."""
        inner = [(node.this, None), *((each.this, each) for each in node.args.get("joins") or ())]
        sources = [self._source(source, ctes, frames) for source, _ in inner]
        for join in node.this.args.get("joins") or ():
            sources.append(self._source(join.this, ctes, frames))
        whole = union(sources, adds_rows=True)
        self.found.count_columns(sum(len(each.columns) for each in sources))
        columns = tuple(column for each in sources for column in each.columns)
        rows = capped(math.prod(each.rows for each in sources))
        return replace(whole, columns=columns, rows=rows, usual=rows)

    def _source(self, node: Node, ctes: Ctes, frames: Frames) -> Relation:
        inner = node.this if kind_of(node) == "Lateral" else node
        if is_join_group(inner):
            relation = self._join_group(inner, ctes, frames)
        else:
            relation = self.relation(inner, ctes, frames)
        alias = node.args.get("alias")
        return relation.renamed(self._names(alias)) if alias else relation

    def _alias(self, node: Node) -> str | None:
        alias = node.args.get("alias")
        if alias is not None and alias.this is not None:
            return self.query.fold(alias.this)
        return self.query.fold(node.this) if kind_of(node) == "Table" else None

    def _names(self, alias: Node) -> list[str]:
        return [self.query.fold(name) for name in alias.args.get("columns") or ()]

    def _projection(
        self, node: Node, ctes: Ctes, frames: Frames
    ) -> Iterator[tuple[str | None, Size, bool]]:
        """Yields name and size of each output column, and whether a star may add others."""
        is_star = kind_of(node) == "Star"
        if is_star or (kind_of(node) == "Column" and kind_of(node.this) == "Star"):
            for relation in self.columns.starred(node, frames):
                for name, size in relation.columns:
                    yield name, size, False
                if relation.is_open:
                    yield from ((None, STORED, True),)
            return
        yield output_name(node, self.query), self._size(node, ctes, frames), False

    def _clauses(self, roots: Iterable[Node], ctes: Ctes, frames: Frames) -> int:
        """Returns the planner's work for expressions outside the SELECT list."""
        plan = 0
        for root in roots:
            size = self._size(root, ctes, frames)
            plan += size.plan
            self.found.work = max(self.found.work, size.work)
        return plan

    def _size(self, root: Node, ctes: Ctes, frames: Frames) -> Size:
        """Returns the size of an expression, without recursion except for subqueries."""
        listed: list[tuple[Node, list[Node]]] = []
        waiting = [root]
        while waiting:
            node = waiting.pop()
            leaf = kind_of(node) in QUERIES or kind_of(node) == "Column"
            below = [] if leaf else [x for x in children_of(node) if kind_of(x) not in UNMEASURED]
            listed.append((node, below))
            waiting += below
        measured: dict[int, Size] = {}
        for node, below in reversed(listed):
            if kind_of(node) in QUERIES:
                measured[id(node)] = self._subquery(node, ctes, frames)
            elif kind_of(node) == "Column":
                measured[id(node)] = self.columns.size(node, frames)
            else:
                measured[id(node)] = size_of_node(
                    node, below, measured, frames[0] if frames else NO_FRAME
                )
                self.found.separator = max(self.found.separator, separator_of(node, measured))
        return measured[id(root)]

    def _subquery(self, node: Node, ctes: Ctes, frames: Frames) -> Size:
        """Returns the size of a subquery as a value: of one row, or all rows for ARRAY."""
        relation = self.relation(node, ctes, frames)
        columns = [size for _, size in relation.columns] or [STORED]
        is_array = kind_of(node.parent) == "Anonymous" and str(node.parent.this).lower() == "array"
        rows = (relation.rows, relation.usual) if is_array else (1, 1)
        return sizes.of_subquery(columns, relation.plan, *rows)


@lru_cache(maxsize=1)
def analysis_of(query: Query) -> Analysis:
    """Measures the first statement of a query, once. Raises RecursionError if it is too deep."""
    analyst = Analyst(query)
    analyst.relation(query.trees[0], {}, ())
    return analyst.found
