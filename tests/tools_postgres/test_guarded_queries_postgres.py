"""Benign queries on PostgreSQL: through the guard and both walls, and raw."""

import pytest
from sqlalchemy import Engine
from understudy.tools.database import DatabaseSettings
from understudy.tools.database.queries import run_query
from understudy.tools.sql_guard import check_query

from tests.unit.tools.corpus_files import benign


@pytest.mark.parametrize("sql", benign("postgres"))
def test_a_benign_query_gives_the_rows_of_the_raw_statement(
    sql: str, owner: Engine, settings: DatabaseSettings
) -> None:
    """What the guard returns has the same rows as the query that came."""
    statement = check_query(sql, dialect="postgres", tables=settings.tables)

    options = {"no_parameters": True}
    with owner.connect() as connection:
        rows = connection.exec_driver_sql(sql, execution_options=options).fetchall()

        assert connection.exec_driver_sql(statement, execution_options=options).fetchall() == rows
    assert len(run_query(statement, settings, 5).rows) == min(len(rows), settings.max_rows)
