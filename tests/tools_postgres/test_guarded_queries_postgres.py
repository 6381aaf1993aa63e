"""Benign queries on PostgreSQL: unchanged by the guard, allowed by the role."""

import pytest
from sqlalchemy import Engine
from understudy.tools.database import DatabaseSettings
from understudy.tools.database.columns import columns_of_tables
from understudy.tools.database.queries import run_query
from understudy.tools.sql_guard import check_query

from tests.limits import WAIT_SECONDS
from tests.unit.tools.corpus_files import benign


@pytest.mark.parametrize("sql", benign("postgres"))
def test_guarded_query_returns_the_rows_of_the_raw_query(
    sql: str, owner: Engine, settings: DatabaseSettings
) -> None:
    """With the columns known, as `query_database` passes them."""
    statement = check_query(
        sql,
        dialect="postgres",
        tables=settings.tables,
        columns=columns_of_tables(settings, WAIT_SECONDS),
    )

    options = {"no_parameters": True}
    with owner.connect() as connection:
        rows = connection.exec_driver_sql(sql, execution_options=options).fetchall()

        assert connection.exec_driver_sql(statement, execution_options=options).fetchall() == rows
    assert len(run_query(statement, settings, WAIT_SECONDS).rows) == min(
        len(rows), settings.max_rows
    )
