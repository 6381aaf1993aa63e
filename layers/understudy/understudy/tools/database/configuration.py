"""This process's database settings: those of `configure`, or the bundled sample."""

from collections.abc import Callable
from functools import cache

from understudy.tools.database.sample_data import SAMPLE_TABLES, sample_url
from understudy.tools.database.settings import DatabaseSettings


def sample_settings() -> DatabaseSettings:
    """Returns the settings of the bundled sample, which needs no secret and no server."""
    return DatabaseSettings(url=sample_url, tables=SAMPLE_TABLES)


_load: Callable[[], DatabaseSettings] = sample_settings


def configure(loader: Callable[[], DatabaseSettings]) -> None:
    """Sets the function that loads the settings. It is called once, on first use."""
    global _load
    _load = loader
    database_settings.cache_clear()


@cache
def database_settings() -> DatabaseSettings:
    return _load()


def tables_sentence() -> str:
    """Returns a sentence for a tool's description that lists the allowed tables."""
    names = ", ".join(database_settings().tables)
    return f"Tables: {names}." if names else "No tables are available for queries."
