"""Estimates how many rows a SELECT combines, from the conditions that link its sources."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from understudy.tools.sql_guard.query import Node, Query, children_of, kind_of
from understudy.tools.sql_guard.relations import FEW_ROWS, Relation, joined_rows
from understudy.tools.sql_guard.sizes import capped

QUERY_KINDS = frozenset({"Select", "Union", "Except", "Intersect", "Values"})


@dataclass(frozen=True)
class Estimate:
    """Rows of a FROM clause: `rows` at most, `usual` for an average row of the outer query.

    `unlinked` has the tables of each group of sources that no condition restricts or links to
    another group, and `combinations` is the number of rows when all groups are combined.
    """

    rows: int
    usual: int
    unlinked: tuple[frozenset[object], ...]
    combinations: int


@dataclass
class _Source:
    relation: Relation
    equated: set[str] = field(default_factory=set)
    outer: list[Relation] = field(default_factory=list)
    is_filtered: bool = False


class _Groups:
    """Sets of names, merged as links between them are found."""

    def __init__(self) -> None:
        self._parents: dict[str, str] = {}

    def find(self, name: str) -> str:
        while (parent := self._parents.get(name, name)) != name:
            name = parent
        return name

    def link(self, names: Sequence[str]) -> None:
        for name in names[1:]:
            self._parents[self.find(name)] = self.find(names[0])

    def of(self, names: Sequence[str]) -> list[list[str]]:
        groups: dict[str, list[str]] = {}
        for name in names:
            groups.setdefault(self.find(name), []).append(name)
        return list(groups.values())


class Sources:
    """The sources of one SELECT with the conditions on them."""

    def __init__(self, query: Query) -> None:
        self._query = query
        self._sources: dict[str, _Source] = {}
        self._joins: list[tuple[str, Node]] = []
        self._linked = _Groups()
        self._equal = _Groups()

    def add(self, name: str, relation: Relation, join: Node | None) -> None:
        self._sources[name] = _Source(relation)
        if join is not None:
            self._joins.append((name, join))

    def estimate(self, select: Node, outer: Sequence[dict[str, Relation]]) -> Estimate:
        """Returns the rows of the FROM clause; `outer` has the sources of the enclosing SELECTs."""
        names = list(self._sources)
        for name, join in self._joins:
            earlier = names[: names.index(name) + 1]
            self._named_columns(earlier, join)
            for condition in _conjuncts(join.args.get("on")):
                self._judge(condition, earlier, outer)
            if kind_of(join.this) == "Lateral" and _is_correlated(join.this):
                self._linked.link(earlier)
        where = select.args.get("where")
        for condition in _conjuncts(where.this if where else None):
            self._judge(condition, names, outer)
        groups = self._equal.of(names)
        rows = usual = 1
        for group in groups:
            some = [self._sources[name] for name in group]
            count = joined_rows([(each.relation, frozenset(each.equated)) for each in some])
            rows, usual = capped(rows * count), capped(usual * _usual(some, count))
        return Estimate(rows, usual, *self._unlinked(names))

    def _unlinked(self, names: list[str]) -> tuple[tuple[frozenset[object], ...], int]:
        unlinked, combinations = [], 1
        for group in self._linked.of(names):
            some = [self._sources[name] for name in group]
            whole = [each for each in some if not (each.relation.is_short or each.is_filtered)]
            rows = max((each.relation.rows for each in whole), default=0)
            few = [min(each.relation.rows, FEW_ROWS) for each in some]
            combinations = capped(combinations * max(rows, *few))
            if whole:
                unlinked.append(frozenset[object]().union(*(e.relation.tables for e in whole)))
        return tuple(unlinked), combinations

    def _named_columns(self, earlier: list[str], join: Node) -> None:
        """Records the links by USING and NATURAL: to earlier sources, by columns of the same
        name."""
        shared = [self._query.fold(name) for name in join.args.get("using") or ()]
        if shared or join.args.get("method"):
            self._link_all(earlier)
            for name in earlier:
                self._sources[name].equated.update(shared)

    def _link_all(self, names: list[str]) -> None:
        self._linked.link(names)
        self._equal.link(names)

    def _judge(
        self, condition: Node, names: list[str], outer: Sequence[dict[str, Relation]]
    ) -> None:
        sides = [condition]
        if kind_of(condition) in {"EQ", "Is", "NullSafeEQ"}:
            sides = [condition.this, condition.expression]
        sets = [self._sources_in(side, names) for side in sides]
        together = set[str | None]().union(*sets)
        local = [name for name in together if name in self._sources]
        if None in together and len(sides) == 2 and all(sets):
            self._link_all(names)
        elif None in together:
            self._linked.link(names)
            for name in names:
                self._sources[name].is_filtered = True
        elif len(local) == 1:
            self._sources[local[0]].is_filtered = True
        self._linked.link(local)
        if len(sides) == 2 and all(len(each) == 1 for each in sets) and len(together) == 2:
            self._equate(condition, sets, outer)

    def _equate(
        self,
        condition: Node,
        sets: Sequence[set[str | None]],
        outer: Sequence[dict[str, Relation]],
    ) -> None:
        """Records `a.x = b.y` for both sources, or for the one of this SELECT."""
        pairs = [
            (next(iter(each)), side) for each, side in zip(sets, _sides(condition), strict=True)
        ]
        local = [name for name, _ in pairs if name in self._sources]
        for name, side in pairs:
            if name in self._sources and name is not None and kind_of(side) == "Column":
                self._sources[name].equated.add(self._query.fold(side.this))
        self._equal.link([name for name in local if name is not None])
        for name, _ in pairs:
            found = next((each[name] for each in outer if name in each), None) if name else None
            if found is not None and name not in self._sources and local and local[0] is not None:
                self._sources[local[0]].outer.append(found)

    def _sources_in(self, expression: Node, names: list[str]) -> set[str | None]:
        """Returns the sources that an expression reads; None stands for an unknown source."""
        return {self._source_of(column, names) for column in _columns(expression)}

    def _source_of(self, column: Node, names: list[str]) -> str | None:
        qualifier = column.args.get("table")
        if qualifier is not None:
            return self._query.fold(qualifier)
        if len(self._sources) == 1:
            return names[0]
        name = self._query.fold(column.this)
        having = [each for each in names if name in self._sources[each].relation.by_name]
        return having[0] if len(having) == 1 else None


def sources_of(clause: Node) -> Iterator[tuple[Node, Node | None]]:
    """Returns the tables and subqueries of a FROM clause, each with its join."""
    begin = clause.args.get("from_")
    waiting: list[tuple[Node, Node | None]] = [(begin.this, None)] if begin else []
    waiting += [(join.this, join) for join in clause.args.get("joins") or ()]
    while waiting:
        source, join = waiting.pop(0)
        if is_join_group(source) and not source.args.get("alias"):
            inner = [(source.this, join)]
            waiting[:0] = inner + [(each.this, each) for each in source.args.get("joins") or ()]
            continue
        yield source, join
        if kind_of(source) == "Table":
            waiting[:0] = [(each.this, each) for each in source.args.get("joins") or ()]


def is_join_group(source: Node) -> bool:
    """Returns whether it is a join in parentheses, `(sales s JOIN products p ON …)`."""
    if kind_of(source) != "Subquery":
        return False
    return kind_of(source.this) == "Table" or is_join_group(source.this)


def _usual(group: Sequence[_Source], rows: int) -> int:
    """Returns the rows for one row of the outer query; few if equalities link the two."""
    outer = [relation for each in group for relation in each.outer]
    if not outer:
        return (
            min(rows, max(1, *(each.relation.usual for each in group))) if len(group) == 1 else rows
        )
    own = frozenset[object]().union(*(each.relation.tables for each in group))
    if any(relation.tables & own for relation in outer):
        return rows
    return min(rows, 2)


def _conjuncts(condition: Node | None) -> Iterator[Node]:
    waiting = [condition] if condition is not None else []
    while waiting:
        node = waiting.pop()
        if kind_of(node) == "And":
            waiting += [node.this, node.expression]
        elif kind_of(node) == "Paren":
            waiting.append(node.this)
        else:
            yield node


def _sides(condition: Node) -> tuple[Node, Node]:
    return condition.this, condition.expression


def _columns(expression: Node) -> Iterator[Node]:
    """Returns the columns of an expression, without those of its subqueries."""
    waiting = [expression]
    while waiting:
        node = waiting.pop()
        if kind_of(node) == "Column":
            yield node
        elif kind_of(node) not in QUERY_KINDS:
            waiting += children_of(node)


def _is_correlated(lateral: Node) -> bool:
    """Returns whether a LATERAL subquery has a condition on the outer query."""
    waiting = [lateral.this]
    while waiting:
        node = waiting.pop()
        if kind_of(node) == "Where":
            return True
        waiting += children_of(node)
    return False
