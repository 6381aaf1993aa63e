"""Database access for the tools, restricted independently of the SQL guard."""

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
