"""Rules on names: tables, schemas, functions, columns."""

import re

from understudy.tools.sql_guard.analysis import analysis_of
from understudy.tools.sql_guard.functions import BARE_CALLS, FUNCTIONS, SYSTEM_COLUMNS
from understudy.tools.sql_guard.query import ASCII_LOWER, OWN_SCHEMAS, Query, kind_of

UNQUOTED_NAME = re.compile(r"^[^\W\d]\w*$")
SHOWN_NAME = re.compile(r"^\w{1,40}$", re.ASCII)


def plain_sources(query: Query) -> str | None:
    """Rejects functions in FROM: one may have the name of an allowed table."""
    for table in query.of_kind("Table"):
        if kind_of(table.this) != "Identifier":
            return "Functions are not allowed in FROM."
    for lateral in query.of_kind("Lateral"):
        if kind_of(lateral.this) != "Subquery":
            return "Functions are not allowed in FROM."
    return None


def allowed_tables(query: Query) -> str | None:
    """Requires that every table is allowed, or is a CTE in scope."""
    own = {name for schema, name in query.tables if schema == OWN_SCHEMAS[query.dialect]}
    listed = {name for _, name in query.tables}
    for node, scope in query.nodes:
        if kind_of(node) == "Table":
            visible = listed if node.args.get("db") else own | scope
            if query.fold(node.this) not in visible:
                return _only_listed(query)
    return None


def own_schema(query: Query) -> str | None:
    """Requires that a schema-qualified name is an allowed table; it cannot be a CTE."""
    for node in query.of_kind("Table", "Column"):
        schema = node.args.get("db")
        table = node.this if kind_of(node) == "Table" else node.args.get("table")
        if schema and (query.fold(schema), query.fold(table)) not in query.tables:
            return _only_listed(query)
    return None


def known_functions(query: Query) -> str | None:
    """Requires that every function is on the list and unquoted."""
    known = FUNCTIONS[query.dialect]
    for call in query.of_kind("Anonymous"):
        name = call.this.translate(ASCII_LOWER) if isinstance(call.this, str) else ""
        if name not in known:
            shown = f": {name}" if SHOWN_NAME.match(name) else ""
            return f"The query uses a function that is not allowed{shown}."
    return None


def no_system_names(query: Query) -> str | None:
    """Rejects system columns such as `ctid` and functions called like one: `session_user`."""
    hidden = SYSTEM_COLUMNS[query.dialect]
    calls = BARE_CALLS[query.dialect]
    for column in query.of_kind("Column"):
        name = query.fold(column.this)
        is_bare = not column.args.get("table") and not column.this.args.get("quoted")
        if name in hidden or name.startswith("pg_") or (is_bare and name in calls):
            return "The query uses a system column or a function of the server."
    return None


def known_columns(query: Query) -> str | None:
    """Rejects unknown qualified columns: PostgreSQL reads `s.f` as `f(s)` if s has no column f."""
    for name in analysis_of(query).unknown_columns:
        shown = f": {name}" if SHOWN_NAME.match(name) else ""
        return f"There is no such column in that table or subquery{shown}. Use get_table_schema."
    return None


def no_whole_rows(query: Query) -> str | None:
    """Rejects a table's row as a value: it has a type for which users can create functions."""
    if analysis_of(query).whole_rows:
        return "Name the columns instead of using a whole row of a table as one value."
    return None


def plain_names(query: Query) -> str | None:
    """Requires that unquoted names are words; `$1` would be a parameter."""
    for identifier in query.of_kind("Identifier"):
        if not identifier.args.get("quoted") and not UNQUOTED_NAME.match(identifier.name):
            return "Quote names that are not plain words; parameters are not allowed."
    return None


def plain_collations(query: Query) -> str | None:
    """Requires unqualified collations; a qualified one is an object of another schema."""
    for collation in query.of_kind("Collate"):
        if kind_of(collation.expression) not in {"Identifier", "Var"}:
            return "Name a collation without a schema."
    return None


def _only_listed(query: Query) -> str:
    """Returns a message that lists the allowed tables and no others."""
    own = OWN_SCHEMAS[query.dialect]
    names = (name if schema == own else f"{schema}.{name}" for schema, name in query.tables)
    return f"Only these tables can be queried, under these names: {', '.join(sorted(names))}."
