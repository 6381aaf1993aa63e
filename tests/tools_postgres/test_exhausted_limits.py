"""Limits of PostgreSQL that a query reaches become tool errors, never crashes."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest
from sqlalchemy import Engine
from understudy.tools.database import DatabaseSettings
from understudy.tools.database.queries import run_query
from understudy.tools.registry import DatabaseError
from understudy.tools.sql_guard import QueryRefusedError, check_query

from tests.limits import WAIT_SECONDS
from tests.unit.tools.growing_queries import NEVER_ALLOWED, families, largest_allowed


def _is_allowed(sql: str) -> bool:
    try:
        check_query(sql, dialect="postgres", tables={"sales", "customers", "products"})
    except QueryRefusedError:
        return False
    return True


@pytest.mark.parametrize("name", sorted(families("postgres").keys() - NEVER_ALLOWED))
def test_largest_allowed_query_is_cheap(
    name: str, settings: DatabaseSettings, server_cpu: Callable[[], float]
) -> None:
    """Just below the guard's limits the server needs less than two seconds of CPU."""
    sql = largest_allowed(families("postgres")[name], _is_allowed)
    assert sql is not None
    statement = check_query(sql, dialect="postgres", tables=settings.tables)
    began = server_cpu()

    with suppress(DatabaseError):  # some families measure the length of an array or of JSON
        run_query(statement, replace(settings, statement_timeout=WAIT_SECONDS), WAIT_SECONDS)

    assert server_cpu() - began < 2


def test_temporary_files_are_limited(owner: Engine, settings: DatabaseSettings) -> None:
    """A query that writes too much to disk is an error that says what to change."""
    with owner.begin() as connection:
        connection.exec_driver_sql("ALTER ROLE understudy_reader SET temp_file_limit = '1MB'")
    wide = """
        WITH c AS MATERIALIZED (SELECT repeat(b.name, 20) AS s FROM sales a, customers b)
        SELECT count(*) FROM c WHERE s > (SELECT min(s) FROM c)
    """
    try:
        with pytest.raises(DatabaseError, match="more memory"):
            run_query(wide, replace(settings, statement_timeout=WAIT_SECONDS), WAIT_SECONDS)
    finally:
        with owner.begin() as connection:
            connection.exec_driver_sql("ALTER ROLE understudy_reader SET temp_file_limit = '1GB'")


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT repeat('x', 2000000000)", "more memory"),
        ("SELECT string_agg(repeat('x', 100000), '') FROM sales a, products b", "more memory"),
        ("SELECT " + " || ".join(["region"] * 9_000) + " FROM sales", "more memory"),
        ("SELECT count(*) FROM sales a, sales b, sales c", "too long"),
    ],
)
def test_exhausted_limit_is_a_tool_error(
    sql: str, message: str, settings: DatabaseSettings
) -> None:
    """Value size, stack depth and time; the next query works."""
    seconds = 0.2 if "count" in sql else WAIT_SECONDS

    with pytest.raises(DatabaseError, match=message):
        run_query(sql, replace(settings, statement_timeout=seconds), WAIT_SECONDS)

    assert run_query("SELECT 1", settings, WAIT_SECONDS).rows == [[1]]
