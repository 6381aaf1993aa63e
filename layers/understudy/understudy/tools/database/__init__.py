"""Database access for `query_database` and `get_table_schema`, restricted independently of the guard."""

from understudy.tools.database.configuration import (
    configure,
    database_settings,
    sample_settings,
    tables_sentence,
)
from understudy.tools.database.settings import DatabaseSettings, database_url

__all__ = [
    "DatabaseSettings",
    "configure",
    "database_settings",
    "database_url",
    "sample_settings",
    "tables_sentence",
]
