"""Follows every column of a query to its source: how large it gets, and whether it exists.

Each CTE is measured once and each node of the tree once, so the time is proportional to the text.
What is found is collected in an `Analysis`; the rules judge it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from understudy.tools.sql_guard import sizes
from understudy.tools.sql_guard.calls import literal_number
from understudy.tools.sql_guard.expressions import separator_of, size_of_node
from understudy.tools.sql_guard.frames import Frame, Frames, find_source
from understudy.tools.sql_guard.functions import ROW_FUNCTIONS, WHOLE_ROW_FUNCTIONS
from understudy.tools.sql_guard.grouping import Grouping
from understudy.tools.sql_guard.joins import Estimate, Sources, is_join_group, sources_of
from understudy.tools.sql_guard.names import output_name
from understudy.tools.sql_guard.query import OWN_SCHEMAS, Node, Query, children_of, kind_of
from understudy.tools.sql_guard.relations import Named, Relation, table, union
from understudy.tools.sql_guard.sizes import CAP, STORED, Size, capped

QUERIES = frozenset({"Select", "Union", "Except", "Intersect", "Subquery", "Values", "Table"})
SET_OPERATIONS = frozenset({"Union", "Except", "Intersect"})
UNMEASURED = frozenset({"Identifier", "DataType", "DataTypeParam", "TableAlias", "Var"})

CLAUSES = ("distinct", "where", "group", "having", "windows", "order", "limit", "offset")
AFTER = ("order", "limit", "offset")

NO_FRAME = Frame()

Ctes = Mapping[str, Relation]


@dataclass
class Analysis:
    """What the rules ask about a query."""

    work: int = 0
    plan: int = 0
    volume: int = 0
    separator: int = 0
    unknown_columns: list[str] = field(default_factory=list)
    whole_rows: list[str] = field(default_factory=list)
    products: list[Estimate] = field(default_factory=list)


class Analyst:
    """Measures one query."""

    def __init__(self, query: Query) -> None:
        self.query = query
        self.found = Analysis()
        self.checks_names = query.dialect == "postgres"

    def relation(self, node: Node, ctes: Ctes, outer: Frames) -> Relation:
        """The output of a query node."""
        kind = kind_of(node)
        if kind == "Table":
            return self._table(node, ctes)
        ctes = self._with_ctes(node, ctes, outer)
        if kind == "Select":
            result = self._select(node, ctes, outer)
        elif kind in SET_OPERATIONS:
            branches = [self.relation(each, ctes, outer) for each in _branches(node)]
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
        return table(place, self.query.columns.get(place))

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
        """A result with the ORDER BY and LIMIT that follow it."""
        frame = Frame({"": result}, dict(result.by_name))
        plan = self._clauses(_parts(node, AFTER), ctes, (frame, *outer))
        return _limited(node, replace(result, plan=capped(result.plan + plan)))

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
        frame.outputs = {name: size for name, size in shown if name is not None}
        self.found.work = max(self.found.work, capped(sum(size.work for _, size in shown)))
        rest = self._clauses([*joined, *_parts(node, CLAUSES)], ctes, frames)
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
        return _limited(node, result)

    def _frame(self, node: Node, ctes: Ctes, outer: Frames) -> tuple[Frame, list[Node]]:
        """The sources of a SELECT, and the conditions of its joins."""
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
        """`(sales s JOIN products p ON …) g`: all columns under one name."""
        inner = [(node.this, None), *((each.this, each) for each in node.args.get("joins") or ())]
        sources = [self._source(source, ctes, frames) for source, _ in inner]
        for join in node.this.args.get("joins") or ():
            sources.append(self._source(join.this, ctes, frames))
        whole = union(sources, adds_rows=True)
        columns = tuple(column for each in sources for column in each.columns)
        rows = 1
        for each in sources:
            rows = capped(rows * each.rows)
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
        """Each column that an item of the SELECT list stands for."""
        is_star = kind_of(node) == "Star"
        if is_star or (kind_of(node) == "Column" and kind_of(node.this) == "Star"):
            for relation in self._starred(node, frames):
                for name, size in relation.columns:
                    yield name, sizes.over([size], size.width, size.mean, depth=size.depth), False
                if relation.is_open:
                    yield from ((None, STORED, True),)
            return
        yield output_name(node, self.query), self._size(node, ctes, frames), False

    def _starred(self, node: Node, frames: Frames) -> list[Relation]:
        if kind_of(node) == "Star":
            return list(frames[0].sources.values())
        relation = find_source(self.query.fold(node.args["table"]), frames)
        if relation is None:
            self._refuse_unknown(node.text("table"))
        return [relation] if relation else []

    def _clauses(self, roots: Iterable[Node], ctes: Ctes, frames: Frames) -> int:
        """The planner's work for clauses besides the SELECT list; records their values' size."""
        plan = 0
        for root in roots:
            size = self._size(root, ctes, frames)
            plan += size.plan
            self.found.work = max(self.found.work, size.work)
        return plan

    def _size(self, root: Node, ctes: Ctes, frames: Frames) -> Size:
        """The size of an expression. Subqueries in it are measured as queries."""
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
                measured[id(node)] = self._column(node, frames)
            else:
                measured[id(node)] = size_of_node(
                    node, below, measured, frames[0] if frames else NO_FRAME
                )
                self.found.separator = max(self.found.separator, separator_of(node, measured))
        return measured[id(root)]

    def _subquery(self, node: Node, ctes: Ctes, frames: Frames) -> Size:
        """A subquery as a value; of several columns, as for IN, all together."""
        relation = self.relation(node, ctes, frames)
        columns = [size for _, size in relation.columns] or [STORED]
        value = sizes.joined(columns, made=False)
        rows = relation.usual if kind_of(node.parent) == "Anonymous" else 1
        return Size(
            capped(value.width * relation.rows if rows > 1 else value.width),
            capped(value.mean * rows),
            capped(value.work * rows),
            value.nodes,
            capped(relation.plan + value.plan),
            value.depth,
            value.made,
        )

    def _column(self, node: Node, frames: Frames) -> Size:
        if kind_of(node.this) == "Star":
            self.found.whole_rows.append(node.text("table"))
            return STORED
        name = self.query.fold(node.this)
        qualifier = node.args.get("table")
        if qualifier is None:
            return self._unqualified(node, name, frames)
        relation = find_source(self.query.fold(qualifier), frames)
        if relation is None:
            self._refuse_unknown(node.name)
            return STORED
        size = relation.by_name.get(name)
        if size is not None:
            return size
        if not relation.is_open or name in ROW_FUNCTIONS:
            self._refuse_unknown(node.name)
        return relation.largest

    def _refuse_unknown(self, name: str) -> None:
        if self.checks_names:
            self.found.unknown_columns.append(name)

    def _unqualified(self, node: Node, name: str, frames: Frames) -> Size:
        """A column by its name alone: of the innermost SELECT that has one, or an output's name."""
        found: Size | None = None
        for level, frame in enumerate(frames):
            for relation in frame.sources.values():
                size = relation.by_name.get(name)
                if size is None and relation.has_unnamed and not self.checks_names:
                    size = relation.largest
                if size is not None:
                    found = sizes.widest(found, size) if found else size
            if level == 0 and name in frame.outputs:
                size = frame.outputs[name]
                found = sizes.widest(found, size) if found else size
                if kind_of(node.parent) not in {"Ordered", "Group"} and found is size:
                    found = sizes.widest(size, STORED)
            if found is not None:
                return found
        row = find_source(name, frames) if self.checks_names else None
        if row is None:
            return STORED
        if row.own_table or _caller(node) not in WHOLE_ROW_FUNCTIONS:
            self.found.whole_rows.append(name)
        return sizes.as_json([size for _, size in row.columns] or [row.largest])


def _parts(node: Node, names: Iterable[str]) -> Iterator[Node]:
    """The parts of a node that are there."""
    for name in names:
        part = node.args.get(name)
        yield from part if isinstance(part, list) else [part] if part else []


def _limited(node: Node, result: Relation) -> Relation:
    limit = node.args.get("limit")
    if limit is None:
        return result
    count = limit.args.get("count" if kind_of(limit) == "Fetch" else "expression")
    return result.limited(literal_number([count], CAP))


def _caller(node: Node) -> str:
    """The function that an expression is the argument of, if it is one."""
    parent = node.parent
    while kind_of(parent) in {"Distinct", "Order"}:
        parent = parent.parent
    return str(parent.this).lower() if kind_of(parent) == "Anonymous" else ""


def _branches(node: Node) -> list[Node]:
    """The branches of a chain such as `a UNION b UNION c`, without recursion."""
    right: list[Node] = []
    while kind_of(node) in SET_OPERATIONS:
        right.append(node.args["expression"])
        node = node.this
        if any(node.args.get(part) for part in ("with_", "order", "limit", "offset")):
            break
    return [node, *reversed(right)]


@lru_cache(maxsize=1)
def analysis_of(query: Query) -> Analysis:
    """Measures the first statement of a query, once. Raises RecursionError if it is too deep."""
    analyst = Analyst(query)
    analyst.relation(query.trees[0], {}, ())
    return analyst.found
