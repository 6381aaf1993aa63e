"""Rules on the syntax of a query."""

from understudy.tools.sql_guard.nodes import NODES, TYPES
from understudy.tools.sql_guard.query import Query, below, kind_of, parts_of

JOIN_WORDS = frozenset({"", "NATURAL", "LEFT", "RIGHT", "FULL", "INNER", "OUTER", "CROSS"})
CLEAR_AROUND_NOT = frozenset({"And", "Or", "Not", "Paren", "Where", "Having", "Join"}) | {
    "Select", "Alias", "Case", "If", "Anonymous", "Group", "Ordered", "Window", "Tuple",
}  # fmt: skip
"""Nodes around a NOT that every parser reads in the same way."""


def one_statement(query: Query) -> str | None:
    if len(query.trees) != 1:
        return "Send exactly one statement."
    return None


def selects_something(query: Query) -> str | None:
    if any(not select.expressions for select in query.of_kind("Select")):
        return "The query selects no column."
    return None


def known_nodes(query: Query) -> str | None:
    """Rejects syntax that is not listed: writes, locks, INTO, commands, parameters."""
    known = NODES[query.dialect]
    for node, _ in query.nodes:
        if kind_of(node) not in known:
            return f"This is not allowed in a query here: {kind_of(node)}."
    return None


def known_parts(query: Query) -> str | None:
    """Rejects a listed node with an unlisted part, such as a table with ONLY."""
    known = NODES[query.dialect]
    for node, _ in query.nodes:
        for name, _part in parts_of(node):
            if name not in known.get(kind_of(node), {name}):
                return f"This form of {kind_of(node)} is not allowed in a query here."
    return None


def known_joins(query: Query) -> str | None:
    """Allows the joins that both databases have. They would read SEMI as an alias."""
    for join in query.of_kind("Join"):
        if {join.args.get(part) or "" for part in ("method", "side", "kind")} - JOIN_WORDS:
            return "Join with JOIN, LEFT, RIGHT, FULL, CROSS or NATURAL JOIN."
    return None


def clear_negations(query: Query) -> str | None:
    """Rejects `a = b NOT IN (1)`, which sqlglot and SQLite parse differently."""
    for negation in query.of_kind("Not"):
        if kind_of(negation.parent) not in CLEAR_AROUND_NOT:
            return "Put parentheses around the part of a condition that has NOT in it."
    return None


def known_types(query: Query) -> str | None:
    """Allows plain types only: every table is a type, and `regclass` finds tables by name."""
    for node in query.of_kind("DataType"):
        if getattr(node.this, "name", None) not in TYPES[query.dialect]:
            return "CAST only to plain types: numbers, text, dates, booleans, JSON."
    return None


def no_recursion(query: Query) -> str | None:
    """Rejects a CTE that reads itself. SQLite does not require the word RECURSIVE."""
    if any(with_.args.get("recursive") for with_ in query.of_kind("With")):
        return "WITH RECURSIVE is not allowed."
    if query.dialect != "sqlite":
        return None
    for cte in query.of_kind("CTE"):
        name = query.fold(cte.args["alias"].this)
        tables = (node for node in below(cte.this) if kind_of(node) == "Table")
        if any(query.fold(table.this) == name for table in tables):
            return "A CTE must not read a table of its own name."
    return None
