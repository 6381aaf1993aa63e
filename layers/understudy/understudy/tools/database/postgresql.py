"""PostgreSQL as a database that can only be read: the role, the transaction, the limits."""

from typing import TYPE_CHECKING, Any

from understudy.tools.database.settings import DatabaseSettings
from understudy.tools.registry.errors import DatabaseError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Connection, Engine

TEXT_TYPES = ("date", "timestamp", "timestamptz", "time", "timetz", "interval", "json", "jsonb")
"""Types shown as PostgreSQL writes them: Python's own have no infinity and no year 10000."""


def postgresql_engine(url: "URL", settings: DatabaseSettings) -> "Engine":
    """An engine without a pool: the end of a session is the surest reset of it.

    A function handles one call at a time and may be frozen for hours after it, so a kept
    connection would often be dead and would always occupy one of the database's places.
    """
    from sqlalchemy import NullPool, create_engine, event

    engine = create_engine(
        url,
        poolclass=NullPool,
        connect_args={
            "connect_timeout": max(2, round(settings.connect_timeout)),
            "application_name": "understudy",
        },
        execution_options={"postgresql_readonly": True},
    )
    event.listen(engine, "connect", _prepare)
    return engine


def limit_transaction(connection: "Connection", settings: DatabaseSettings, seconds: float) -> None:
    """Begins the read-only transaction with its time limits, all on the server's side.

    The guard reads a backslash in a literal as PostgreSQL does by default; where a role or a
    database is set up otherwise, `'\\'` would hide a quote from it.
    """
    limits = {
        "statement_timeout": seconds,
        "lock_timeout": settings.lock_timeout,
        "idle_in_transaction_session_timeout": seconds + settings.lock_timeout,
    }
    statements = [f"SET LOCAL {name} = {max(1, int(1000 * each))}" for name, each in limits.items()]
    statements.append("SET LOCAL standard_conforming_strings = on")
    connection.exec_driver_sql("; ".join(statements))


def _prepare(connection: Any, _record: Any) -> None:
    """Refuses a superuser, for whom no wall holds; takes dates and JSON as text."""
    from psycopg.types.string import TextLoader

    if connection.info.parameter_status("is_superuser") == "on":
        raise DatabaseError("The database role of the tools is not a read-only one.")
    for name in TEXT_TYPES:
        connection.adapters.register_loader(name, TextLoader)
