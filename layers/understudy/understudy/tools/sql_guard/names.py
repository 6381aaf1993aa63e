"""The names of a query's output columns."""

from understudy.tools.sql_guard.query import ASCII_LOWER, Node, Query, kind_of

WRAPPED = frozenset({"Paren", "Cast", "Window", "Filter", "WithinGroup", "Bracket", "Collate"})
"""Expressions whose output column PostgreSQL names after their operand."""

NAMED = {
    "Array": "array", "AtTimeZone": "timezone", "Boolean": "bool", "Case": "case",
    "CurrentDate": "current_date", "CurrentTime": "current_time", "Exists": "exists",
    "CurrentTimestamp": "current_timestamp", "Extract": "extract", "Interval": "interval",
    "Localtime": "localtime", "Localtimestamp": "localtimestamp", "Overlay": "overlay",
    "StrPosition": "position", "Substring": "substring", "Trim": "btrim", "Tuple": "row",
}  # fmt: skip
TYPE_NAMES = {
    "BIGINT": "int8", "BOOLEAN": "bool", "CHAR": "bpchar", "DECIMAL": "numeric",
    "DOUBLE": "float8", "FLOAT": "float4", "INT": "int4", "SMALLINT": "int2",
    "TIMESTAMPTZ": "timestamptz", "TIMETZ": "timetz",
}  # fmt: skip
UNNAMED = "?column?"


def output_name(node: Node, query: Query) -> str | None:
    """Returns the column's name, None if SQLite uses the expression's text."""
    kind = kind_of(node)
    if kind == "Alias":
        return query.fold(node.args["alias"])
    if kind == "Column":
        return query.fold(node.this)
    if query.dialect == "sqlite":
        return None
    return _postgresql_name(node, query) or UNNAMED


def _postgresql_name(node: Node, query: Query) -> str | None:
    kind = kind_of(node)
    if kind in WRAPPED:
        inner = _postgresql_name(node.this, query)
        return inner or (_type_name(node) if kind == "Cast" else None)
    if kind == "Column":
        return query.fold(node.this)
    if kind == "Anonymous":
        return str(node.this).translate(ASCII_LOWER)
    if kind == "Case" and kind_of(node.args.get("default")) == "Column":
        return query.fold(node.args["default"].this)
    if kind == "Subquery" and kind_of(node.this) == "Select":
        return output_name(node.this.expressions[0], query)
    if kind == "Trim":
        position = str(node.args.get("position") or "").upper()
        return {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(position, "btrim")
    return NAMED.get(kind)


def _type_name(cast: Node) -> str:
    name = str(getattr(cast.args["to"].this, "name", ""))
    return TYPE_NAMES.get(name, name.lower())
