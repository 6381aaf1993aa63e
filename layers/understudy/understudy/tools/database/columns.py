"""The columns of the allowed tables, which the SQL guard compares qualified names with."""

import time
from collections.abc import Mapping

from understudy.tools.database.failures import reduced
from understudy.tools.database.queries import dialect_of, limited_connection
from understudy.tools.database.settings import DatabaseSettings

KEPT_SECONDS = 60
"""How long columns are cached. A new column is unknown to the guard for this time at most."""

COLUMNS = """
    SELECT n.nspname, c.relname, a.attname
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE a.attnum > 0 AND NOT a.attisdropped AND n.nspname || '.' || c.relname = ANY(%s)
    ORDER BY a.attnum
"""


_cache: dict[DatabaseSettings, tuple[float, Mapping[str, tuple[str, ...]]]] = {}


def columns_of_tables(settings: DatabaseSettings, seconds: float) -> Mapping[str, tuple[str, ...]]:
    """Returns the columns of every allowed table by the table's name in `settings`.

    Returns nothing for SQLite, where a qualified name can only be a column. Raises DatabaseError
    if the database cannot be reached.
    """
    read_at, columns = _cache.get(settings, (float("-inf"), {}))
    if time.monotonic() - read_at > KEPT_SECONDS:
        columns = _read(settings, seconds)
        _cache.clear()
        _cache[settings] = (time.monotonic(), columns)
    return columns


def forget_columns() -> None:
    """Empties the cache."""
    _cache.clear()


def _read(settings: DatabaseSettings, seconds: float) -> Mapping[str, tuple[str, ...]]:
    from sqlalchemy.exc import DBAPIError

    if dialect_of(settings) != "postgres":
        return {}
    places = {(name if "." in name else f"public.{name}"): name for name in settings.tables}
    found: dict[str, list[str]] = {}
    try:
        with limited_connection(settings, seconds) as connection:
            rows = connection.exec_driver_sql(COLUMNS, (list(places),))
            for schema, table, column in rows:
                found.setdefault(places[f"{schema}.{table}"], []).append(column)
    except DBAPIError as error:
        raise reduced(error) from None
    return {name: tuple(columns) for name, columns in found.items()}
