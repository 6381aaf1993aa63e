"""Where this process's database settings come from: whoever starts it says so, or the sample."""

from collections.abc import Callable
from functools import cache

from understudy.tools.database.sample_data import SAMPLE_TABLES, sample_url
from understudy.tools.database.settings import DatabaseSettings


def sample_settings() -> DatabaseSettings:
    """The bundled sample: no secret, no server."""
    return DatabaseSettings(url=sample_url, tables=SAMPLE_TABLES)


_load: Callable[[], DatabaseSettings] = sample_settings


def configure(loader: Callable[[], DatabaseSettings]) -> None:
    """Sets where the settings come from. The loader is called once, when they are first needed."""
    global _load
    _load = loader
    database_settings.cache_clear()


@cache
def database_settings() -> DatabaseSettings:
    return _load()


def tables_sentence() -> str:
    """The tables that may be queried, as a sentence for a tool's description."""
    names = ", ".join(database_settings().tables)
    return f"Tables: {names}." if names else "No table is open to queries at present."
