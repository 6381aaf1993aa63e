"""SQLite opened for reading, restricted to the allowed tables."""

import sqlite3
import time
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from understudy.tools.database.authorizer import authorizer
from understudy.tools.database.settings import DatabaseSettings
from understudy.tools.registry.errors import DatabaseError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Connection, Engine

LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 1_000_000,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 60_000,
    sqlite3.SQLITE_LIMIT_COLUMN: 500,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 200,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 50,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 250_000,
    sqlite3.SQLITE_LIMIT_FUNCTION_ARG: 60,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 500,
    sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER: 0,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 0,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
"""SQLITE_LIMIT_LENGTH matters most: the progress handler cannot interrupt a single function call,
so no call may build a long value. (sqlite.org/limits.html)"""

MAX_HEAP = 64 * 1024 * 1024
"""Bytes that SQLite may allocate in this process. It holds while a statement is compiled, when
SQLite does not call the progress handler; a statement that needs more fails with MemoryError."""

STEPS_BETWEEN_CHECKS = 2_000
"""Virtual machine steps between two checks of the clock; well under a millisecond."""


def sqlite_engine(url: "URL", settings: DatabaseSettings) -> "Engine":
    """Returns an engine that opens the file read-only."""
    from sqlalchemy import NullPool, create_engine

    if not url.database or url.database == ":memory:":
        raise DatabaseError("The tools' database is not configured.")
    uri = f"{Path(url.database).absolute().as_uri()}?mode=ro"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(uri, uri=True, timeout=settings.lock_timeout)
        connection.text_factory = _decode
        connection.execute("PRAGMA query_only = ON")
        connection.execute(f"PRAGMA hard_heap_limit = {MAX_HEAP}")
        return connection

    return create_engine("sqlite://", creator=connect, poolclass=NullPool)


def sqlite_connection(connection: "Connection") -> sqlite3.Connection:
    """Returns the sqlite3 connection that SQLAlchemy wraps."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def restrict(connection: sqlite3.Connection, tables: Collection[str]) -> None:
    """Restricts a connection to reading `tables`. No SQL statement can lift the restriction."""
    objects = [name for (name,) in connection.execute("SELECT name FROM sqlite_master")]
    objects += [name for (name,) in connection.execute("PRAGMA module_list")]
    for limit, value in LIMITS.items():
        connection.setlimit(limit, value)
    allowed = {table.lower() for table in tables}
    others = [name for name in objects if name.lower() not in allowed]
    connection.set_authorizer(authorizer(tables, others))


def stop_after(connection: sqlite3.Connection, seconds: float) -> None:
    """Makes SQLite interrupt every statement that is still running after `seconds`."""
    deadline = time.monotonic() + seconds
    connection.set_progress_handler(lambda: time.monotonic() > deadline, STEPS_BETWEEN_CHECKS)


def _decode(text: bytes) -> str:
    return text.decode(errors="replace")
