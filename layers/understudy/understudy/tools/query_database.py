"""The tool with which a model queries the database."""

from typing import Any

from understudy.tools.database import database_settings, tables_sentence
from understudy.tools.registry import ToolContext, server_tool


@server_tool(timeout_seconds=20, details=tables_sentence)
def query_database(context: ToolContext, sql: str) -> dict[str, Any]:
    """Runs one read-only SQL SELECT and returns its rows.

    Use get_table_schema first. Aggregate in SQL instead of fetching many rows: long results are
    cut and marked as such.

    Args:
        sql: One SELECT statement; WITH, joins, subqueries, unions and window functions are allowed.
    """
    from understudy.tools.database.columns import columns_of_tables
    from understudy.tools.database.queries import dialect_of, run_query
    from understudy.tools.sql_guard import check_query

    settings = database_settings()
    seconds = context.seconds_left(at_most=settings.statement_timeout)
    statement = check_query(
        sql,
        dialect=dialect_of(settings),
        tables=settings.tables,
        columns=columns_of_tables(settings, seconds),
    )
    return run_query(statement, settings, seconds).as_json()
