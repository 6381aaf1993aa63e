"""The tool that describes a table to a model."""

from typing import Any

from understudy.tools.database import database_settings, tables_sentence
from understudy.tools.registry import ToolContext, server_tool


@server_tool(timeout_seconds=20, details=tables_sentence)
def get_table_schema(context: ToolContext, table: str) -> dict[str, Any]:
    """Shows a table's columns with their types, its keys, its row count, and the days it covers.

    Args:
        table: The name of the table.
    """
    from understudy.tools.database.table_schema import describe_table

    settings = database_settings()
    seconds = context.seconds_left(at_most=settings.statement_timeout)
    return describe_table(table, settings, seconds)
