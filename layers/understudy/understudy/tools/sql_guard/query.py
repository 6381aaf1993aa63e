"""A parsed query: its nodes, and the CTEs in scope at each of them."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from understudy.tools.registry.errors import QueryRefusedError
from understudy.tools.sql_guard.grammar import parse, render, tokenize
from understudy.tools.sql_guard.text_rules import first_problem_of_tokens

Node = Any
"""A node of sqlglot's tree. The guard identifies nodes by the names of their classes."""

ASCII_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
"""Folds names as databases do. `str.lower` would turn the Kelvin sign into a `k`."""

SET_OPERATIONS = frozenset({"Union", "Except", "Intersect"})

OWN_SCHEMAS = {"postgres": "public", "sqlite": "main"}


@dataclass(frozen=True, eq=False)
class Query:
    """The parsed query that the rules check. `columns` has those of tables that are known."""

    dialect: str
    tables: frozenset[tuple[str, str]]
    trees: tuple[Node, ...]
    columns: Mapping[tuple[str, str], Collection[str]] = field(default_factory=dict)

    @cached_property
    def nodes(self) -> list[tuple[Node, frozenset[str]]]:
        """Yields every node of every statement with the names of the CTEs in scope."""
        return [pair for tree in self.trees for pair in _walk(tree, self.fold)]

    @cached_property
    def _kinds(self) -> dict[str, list[Node]]:
        kinds: dict[str, list[Node]] = {}
        for node, _ in self.nodes:
            kinds.setdefault(kind_of(node), []).append(node)
        return kinds

    @cached_property
    def _scopes(self) -> dict[int, frozenset[str]]:
        return {id(node): scope for node, scope in self.nodes}

    def is_cte(self, table: Node) -> bool:
        """Returns whether an unqualified table is a CTE, not a table of the database."""
        return not table.args.get("db") and self.fold(table.this) in self._scopes[id(table)]

    def of_kind(self, *kinds: str) -> Iterator[Node]:
        return (node for kind in kinds for node in self._kinds.get(kind, ()))

    def fold(self, identifier: Node) -> str:
        """Returns a name as the database looks it up. SQLite also folds quoted names."""
        name = str(identifier.name)
        folds = self.dialect == "sqlite" or not identifier.args.get("quoted")
        return name.translate(ASCII_LOWER) if folds else name

    def as_sql(self) -> str:
        return render(self.trees[0], self.dialect)


def read_query(
    sql: str, dialect: str, tables: Collection[str], columns: Mapping[str, Collection[str]]
) -> Query:
    """Parses a text. Raises QueryRefusedError if a token rule rejects it, and sqlglot's errors."""
    tokens = tokenize(sql, dialect)
    if reason := first_problem_of_tokens(tokens):
        raise QueryRefusedError(reason)
    named = frozenset(_place(table, dialect) for table in tables)
    known = {_place(table, dialect): names for table, names in columns.items()}
    return Query(dialect, named, tuple(parse(tokens, sql, dialect)), known)


def kind_of(node: Node) -> str:
    return type(node).__name__


def parts_of(node: Node) -> Iterator[tuple[str, Any]]:
    """Yields the parts of a node, without the empty ones that sqlglot keeps."""
    return ((name, part) for name, part in node.args.items() if part not in (None, False, []))


def children_of(node: Node) -> Iterator[Node]:
    for _, part in parts_of(node):
        yield from (each for each in (part if isinstance(part, list) else [part]) if _is_node(each))


def clauses_of(node: Node, names: Iterable[str]) -> Iterator[Node]:
    """Yields the named clauses that a query has."""
    for name in names:
        part = node.args.get(name)
        yield from part if isinstance(part, list) else [part] if part else []


def branches_of(node: Node) -> list[Node]:
    """Returns the branches of a chain such as `a UNION b UNION c`, without recursion."""
    right: list[Node] = []
    while kind_of(node) in SET_OPERATIONS:
        right.append(node.args["expression"])
        node = node.this
        if any(node.args.get(part) for part in ("with_", "order", "limit", "offset")):
            break
    return [node, *reversed(right)]


def below(root: Node) -> Iterator[Node]:
    """Yields the node and all its descendants."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += children_of(node)


def _place(table: str, dialect: str) -> tuple[str, str]:
    """Returns schema and name of an allowed table."""
    schema, _, name = table.rpartition(".")
    if dialect == "sqlite":
        schema, name = schema.translate(ASCII_LOWER), name.translate(ASCII_LOWER)
    return schema or OWN_SCHEMAS[dialect], name


def _is_node(part: Any) -> bool:
    return hasattr(part, "args")


def _walk(root: Node, fold: Any) -> Iterator[tuple[Node, frozenset[str]]]:
    """Yields nodes with their scope: later CTEs and the query of the WITH see a CTE."""
    waiting: list[tuple[Node, frozenset[str]]] = [(root, frozenset())]
    while waiting:
        node, scope = waiting.pop()
        yield node, scope
        with_ = node.args.get("with_")
        if with_ is not None:
            yield with_, scope
            for cte in with_.expressions:
                waiting.append((cte, scope))
                scope |= {fold(cte.args["alias"].this)}
        waiting += [(child, scope) for child in children_of(node) if child is not with_]
