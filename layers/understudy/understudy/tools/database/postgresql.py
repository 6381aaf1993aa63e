"""PostgreSQL access: a read-only role, a read-only transaction, limits on the server."""

from typing import TYPE_CHECKING, Any

from understudy.tools.database.settings import DatabaseSettings
from understudy.tools.registry.errors import DatabaseError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Connection, Engine

TEXT_TYPES = ("date", "timestamp", "timestamptz", "time", "timetz", "interval", "json", "jsonb")
"""Types returned as PostgreSQL prints them: Python's have no infinity and no year 10000."""

RESOURCE_LIMITS = {
    "work_mem": "'16MB'",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "geqo_threshold": "10",
}
"""Memory of one sort or hash, one process for each query, and a planner that stops comparing every
order of joins at ten tables. The planner does not check `statement_timeout` while it works."""

NEWER_LIMITS = {
    13: {"hash_mem_multiplier": "1"},
    14: {"client_connection_check_interval": "'1s'"},
}
"""Settings by the first version of PostgreSQL that has them. The second one ends a query whose
client is gone."""


def postgresql_engine(url: "URL", settings: DatabaseSettings) -> "Engine":
    """Returns an engine without a pool, because ending a session is the surest way to reset it.

    A Lambda function handles one call at a time and may then be frozen for hours. A pooled
    connection would often be dead and would always use one of the database's connections.
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
    """Begins the read-only transaction and sets its limits on the server.

    Sets `standard_conforming_strings` because the guard reads a backslash in a literal as
    PostgreSQL does by default. With another setting `'\\'` would hide a quote from the guard.
    """
    milliseconds = {
        "statement_timeout": seconds,
        "lock_timeout": settings.lock_timeout,
        "idle_in_transaction_session_timeout": seconds + settings.lock_timeout,
    }
    limits = {name: str(max(1, int(1000 * each))) for name, each in milliseconds.items()}
    limits |= RESOURCE_LIMITS | {"standard_conforming_strings": "on"}
    version = connection.dialect.server_version_info or (0,)
    for first, names in NEWER_LIMITS.items():
        limits |= names if version >= (first,) else {}
    statements = [f"SET LOCAL {name} = {value}" for name, value in limits.items()]
    connection.exec_driver_sql("; ".join(statements))


def _prepare(connection: Any, _record: Any) -> None:
    """Rejects superusers, to whom no grant applies, and makes psycopg return dates as text."""
    from psycopg.types.string import TextLoader

    if connection.info.parameter_status("is_superuser") == "on":
        raise DatabaseError("The database role must be read-only.")
    for name in TEXT_TYPES:
        connection.adapters.register_loader(name, TextLoader)
