"""Describes a table to a model that is about to query it."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from understudy.tools.database.failures import reduced
from understudy.tools.database.queries import engine_for, limited_connection, run_query
from understudy.tools.database.settings import DatabaseSettings
from understudy.tools.registry.errors import DatabaseError, InvalidArgumentsError

if TYPE_CHECKING:
    from sqlalchemy.engine import Inspector

COUNT_SECONDS = 1.0
"""Time limit for the row count and date ranges, which are left out if it is exceeded."""


def describe_table(table: str, settings: DatabaseSettings, seconds: float) -> dict[str, Any]:
    """Returns columns, keys, row count and date ranges of an allowed table.

    Raises InvalidArgumentsError for any other name, whether or not such a table exists, and
    DatabaseError if the database cannot be queried.
    """
    from sqlalchemy.exc import DBAPIError, NoSuchTableError

    name = _allowed(table, settings)
    try:
        described = _reflect(name, settings, min(seconds, settings.statement_timeout))
    except NoSuchTableError:
        raise DatabaseError(f"The table {name} does not exist in the database.") from None
    except DBAPIError as error:
        raise reduced(error) from None
    return described | _measure(name, described["columns"], settings, min(seconds, COUNT_SECONDS))


def _allowed(table: str, settings: DatabaseSettings) -> str:
    for name in settings.tables:
        if table.strip().lower() in {name.lower(), name.lower().rpartition(".")[2]}:
            return name
    raise InvalidArgumentsError(f"table must be one of: {', '.join(settings.tables)}.")


def _reflect(name: str, settings: DatabaseSettings, seconds: float) -> dict[str, Any]:
    from sqlalchemy import inspect

    schema, _, table = name.rpartition(".")
    with limited_connection(settings, seconds) as connection:
        inspector: Inspector = inspect(connection)
        place = {"schema": schema or None}
        keys = inspector.get_pk_constraint(table, **place)["constrained_columns"]
        columns = [
            {"name": column["name"], "type": str(column["type"]), "nullable": column["nullable"]}
            | ({"primary_key": True} if column["name"] in keys else {})
            for column in inspector.get_columns(table, **place)
        ]
        references = [
            {"columns": key["constrained_columns"], "table": key["referred_table"]}
            | {"referred_columns": key["referred_columns"]}
            for key in inspector.get_foreign_keys(table, **place)
            if _is_allowed(key["referred_schema"], key["referred_table"], settings)
        ]
    return {"table": name, "columns": columns, "foreign_keys": references}


def _is_allowed(schema: str | None, table: str, settings: DatabaseSettings) -> bool:
    """Returns whether a referenced table is an allowed one."""
    return (f"{schema}.{table}" if schema else table) in settings.tables


def _measure(
    name: str, columns: list[dict[str, Any]], settings: DatabaseSettings, seconds: float
) -> dict[str, Any]:
    """Returns the row count and the range of each date column, or nothing if that is too slow.

    The ranges tell the model what "last quarter" means in this data.
    """
    quote = engine_for(settings).dialect.identifier_preparer.quote
    days = [each["name"] for each in columns if each["type"].startswith(("DATE", "TIMESTAMP"))]
    ranges = [f"min({quote(day)}), max({quote(day)})" for day in days]
    source = ".".join(map(quote, name.split(".")))
    sql = f"SELECT {', '.join(['count(*)', *ranges])} FROM {source}"  # noqa: S608 - quoted names
    try:
        [[count, *bounds]] = run_query(sql, replace(settings, max_columns=500), seconds).rows
    except DatabaseError:
        return {}
    pairs = zip(days, bounds[::2], bounds[1::2], strict=True)
    return {"row_count": count, "date_ranges": {day: [first, last] for day, first, last in pairs}}
