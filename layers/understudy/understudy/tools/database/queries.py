"""Runs a statement that passed the guard, within the database's own restrictions."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from understudy.tools.database.cells import CutRows, cut_rows
from understudy.tools.database.failures import (
    OTHER,
    TOO_LARGE,
    TOO_SLOW,
    is_worth_a_retry,
    reduced,
    sqlstate,
)
from understudy.tools.database.postgresql import limit_transaction, postgresql_engine
from understudy.tools.database.settings import DatabaseSettings
from understudy.tools.database.sqlite import (
    restrict,
    sqlite_connection,
    sqlite_engine,
    stop_after,
)
from understudy.tools.registry.errors import DatabaseError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Connection, Engine
    from sqlalchemy.exc import DBAPIError

logger = logging.getLogger(__name__)

DIALECTS = {"postgresql": "postgres", "sqlite": "sqlite"}
"""The guard's dialect names by SQLAlchemy's."""


def run_query(sql: str, settings: DatabaseSettings, seconds: float) -> CutRows:
    """Returns the rows of a statement that passed the guard, cut to the limits in `settings`.

    Raises DatabaseError with a safe message, also for an exhausted limit. Retries once if a
    failover or a replica's recovery interrupted the read.
    """
    from sqlalchemy.exc import DBAPIError

    limit = min(seconds, settings.statement_timeout)
    began = time.monotonic()
    for attempt in (1, 2):
        try:
            return _run_once(sql, settings, limit - (time.monotonic() - began))
        except DBAPIError as error:
            _log(error, attempt)
            took = time.monotonic() - began
            if attempt == 2 or not is_worth_a_retry(error, took, limit):
                raise reduced(error) from None
        except (MemoryError, OverflowError, RecursionError):
            # sqlite3 raises MemoryError itself where SQLite may not allocate any more.
            raise DatabaseError(TOO_LARGE) from None
        except (Warning, ValueError):
            # sqlite3 warns of a second statement; drivers cannot encode NUL and lone surrogates.
            raise DatabaseError(OTHER) from None
    raise AssertionError("the second attempt returns or raises")


def dialect_of(settings: DatabaseSettings) -> str:
    """Returns the guard's name for the database's dialect."""
    return DIALECTS[engine_for(settings).dialect.name]


@lru_cache(maxsize=4)
def engine_for(settings: DatabaseSettings) -> "Engine":
    """Returns the cached engine for these settings. Does not connect."""
    url = _parse(settings.url())
    makers = {"postgresql": postgresql_engine, "sqlite": sqlite_engine}
    maker = makers.get(url.get_backend_name())
    if maker is None:
        raise DatabaseError("The tools support PostgreSQL and SQLite only.")
    return maker(url, settings)


@contextmanager
def limited_connection(settings: DatabaseSettings, seconds: float) -> Iterator["Connection"]:
    """Yields a new connection in a read-only transaction and closes both afterwards."""
    if seconds <= 0:
        raise DatabaseError(TOO_SLOW)
    with engine_for(settings).connect() as connection:
        if connection.dialect.name == "sqlite":
            stop_after(sqlite_connection(connection), seconds)
        else:
            limit_transaction(connection, settings, seconds)
        yield connection


def _run_once(sql: str, settings: DatabaseSettings, seconds: float) -> CutRows:
    deadline = time.monotonic() + seconds
    with limited_connection(settings, seconds) as connection:
        if connection.dialect.name == "sqlite":
            restrict(sqlite_connection(connection), settings.tables)
        result = connection.execution_options(
            stream_results=True, max_row_buffer=1, no_parameters=True
        ).exec_driver_sql(sql)
        if not result.returns_rows:
            raise DatabaseError(OTHER)
        return cut_rows(
            list(result.keys()),
            _until(deadline, result),
            max_rows=settings.max_rows,
            max_columns=settings.max_columns,
            max_cell=settings.max_cell,
            max_result=settings.max_result,
        )


def _until(deadline: float, rows: Any) -> Iterator[Any]:
    """Yields rows until the deadline: the server's limit applies to each FETCH separately."""
    for row in rows:
        if time.monotonic() > deadline:
            raise DatabaseError(TOO_SLOW)
        yield row


def _parse(text: str) -> "URL":
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(text)
    except ArgumentError:
        raise DatabaseError("The tools' database is not configured.") from None


def _log(error: "DBAPIError", attempt: int) -> None:
    """Logs the error code. The error's text may name hosts and is not logged."""
    kind = sqlstate(error) or getattr(error.orig, "sqlite_errorname", type(error.orig).__name__)
    logger.warning("Database error %s in attempt %d", kind, attempt)
    if sqlstate(error) in {"28P01", "28000"} or error.connection_invalidated:
        engine_for.cache_clear()
