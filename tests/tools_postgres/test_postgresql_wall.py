"""PostgreSQL without the guard: the role, the read-only transaction, the limits."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, Engine
from understudy.tools.database import DatabaseSettings
from understudy.tools.database.queries import limited_connection, run_query
from understudy.tools.registry import DatabaseError

from tests.limits import WAIT_SECONDS, wait_until
from tests.unit.tools.corpus_files import attacks
from tests.unit.tools.secrets_beside import SECRET

STATE = """
    SELECT (SELECT count(*) FROM pg_class), (SELECT count(*) FROM pg_proc),
           (SELECT count(*) FROM pg_roles), (SELECT count(*) FROM pg_largeobject_metadata),
           (SELECT sum(amount) FROM sales), (SELECT count(*) FROM users),
           (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'),
           (SELECT count(*) FROM pg_prepared_xacts)
"""


@pytest.fixture(scope="module")
def observer(owner: Engine) -> Iterator[Connection]:
    """A superuser's connection that reads the state of the server."""
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield connection


@pytest.fixture(scope="module")
def before(observer: Connection) -> list[Any]:
    """The state before the first attack."""
    return list(observer.exec_driver_sql(STATE).fetchall())


@pytest.mark.parametrize("sql", attacks("postgres"))
def test_attack_that_bypasses_the_guard_reads_no_secret(
    sql: str,
    settings: DatabaseSettings,
    observer: Connection,
    before: list[Any],
    server_cpu: Callable[[], float],
) -> None:
    """It returns no secret, changes no object, leaves no lock and uses little CPU."""
    began = server_cpu()

    try:
        output = str(
            run_query(sql, replace(settings, statement_timeout=0.1), WAIT_SECONDS).as_json()
        )
    except DatabaseError as error:
        output = error.message

    assert SECRET not in output
    assert "987654321" not in output
    assert observer.exec_driver_sql(STATE).fetchall() == before
    assert server_cpu() - began < 4


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1; DROP TABLE sales",
        "SELECT 1; COMMIT; SELECT 2",
        "SELECT 1; SET TRANSACTION READ WRITE; DELETE FROM sales",
        "INSERT INTO sales SELECT * FROM sales",
        "WITH t AS (DELETE FROM sales RETURNING *) SELECT * FROM t",
        "SET statement_timeout = 0",
        "SELECT set_config('statement_timeout', '0', false)",
        "SELECT pg_sleep(1)",
        "SELECT pg_advisory_lock(1)",
        "SELECT lo_create(0)",
        "SELECT pg_notify('a', 'b')",
        "SELECT query_to_xml('SELECT * FROM users', true, false, '')",
        "SELECT * FROM users",
        "SELECT NULL::users, password FROM users",
        "SELECT * FROM all_sales_view",
        "SELECT * FROM sales FOR UPDATE",
        "SELECT * INTO x FROM sales",
        "COPY users TO STDOUT",
        "COPY (SELECT 1) TO PROGRAM 'id'",
    ],
)
def test_role_cannot_run_other_statements(sql: str, settings: DatabaseSettings) -> None:
    """Each of them fails, and the error does not name a secret table."""
    with pytest.raises(DatabaseError) as failure:
        run_query(sql, settings, WAIT_SECONDS)

    assert "users" not in failure.value.message


def test_superuser_is_rejected(owner: Engine, settings: DatabaseSettings) -> None:
    """Grants do not restrict a superuser, so the tools do not connect as one."""
    url = owner.url.render_as_string(hide_password=False)

    with pytest.raises(DatabaseError, match="must be read-only"):
        run_query("SELECT 1", replace(settings, url=lambda: url), WAIT_SECONDS)


def test_server_stops_a_slow_query(
    settings: DatabaseSettings, server_cpu: Callable[[], float]
) -> None:
    """`statement_timeout` ends the statement on the server."""
    slow = "SELECT count(*) FROM sales a, sales b, sales c"
    began = server_cpu()

    with pytest.raises(DatabaseError, match="too long"):
        run_query(slow, replace(settings, statement_timeout=0.2), WAIT_SECONDS)

    assert server_cpu() - began < 3


def test_no_session_remains_after_a_slow_query(
    settings: DatabaseSettings, observer: Connection
) -> None:
    """The server may need a moment to notice that the client disconnected."""
    with pytest.raises(DatabaseError):
        run_query("SELECT count(*) FROM sales a, sales b, sales c", settings, 0.2)

    sessions = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'understudy_reader'"
    wait_until(lambda: observer.exec_driver_sql(sessions).scalar() == 0, "the end of the session")


def test_every_query_gets_a_new_session(settings: DatabaseSettings) -> None:
    """Settings, prepared statements and failed transactions do not affect the next query."""
    with limited_connection(settings, WAIT_SECONDS) as connection:
        connection.exec_driver_sql("SET SESSION work_mem = '1234kB'")
        connection.exec_driver_sql("PREPARE p AS SELECT 1")

    with pytest.raises(DatabaseError):
        run_query("SELECT 1 / 0", settings, WAIT_SECONDS)
    with limited_connection(settings, WAIT_SECONDS) as connection:
        assert connection.exec_driver_sql("SHOW work_mem").scalar() != "1234kB"
        prepared = "SELECT count(*) FROM pg_prepared_statements"
        assert connection.exec_driver_sql(prepared).scalar() == 0


def test_transaction_is_read_only_with_limits(settings: DatabaseSettings) -> None:
    """The server shows these settings inside the transaction."""
    expected = {
        "transaction_read_only": "on",
        "statement_timeout": "3s",
        "lock_timeout": "500ms",
        "work_mem": "16MB",
        "hash_mem_multiplier": "1",
        "max_parallel_workers_per_gather": "0",
        "jit": "off",
        "geqo_threshold": "10",
        "client_connection_check_interval": "1s",
        "temp_file_limit": "1GB",
    }

    with limited_connection(replace(settings, lock_timeout=0.5), 3) as connection:
        shown = {name: connection.exec_driver_sql(f"SHOW {name}").scalar() for name in expected}

    assert shown == expected


def test_backslash_does_not_hide_a_quote(reader_url: str, settings: DatabaseSettings) -> None:
    """Queries of a role with other settings also use standard_conforming_strings."""
    escaping = f"{reader_url}&options=-c%20standard_conforming_strings%3Doff"
    sql = "SELECT '\\' AS a, ' || (SELECT max(password) FROM users) || ' AS b"
    assert "?" in reader_url

    result = run_query(sql, replace(settings, url=lambda: escaping), WAIT_SECONDS)

    assert result.rows == [["\\", " || (SELECT max(password) FROM users) || "]]


def test_broken_connection_does_not_affect_the_next_query(
    settings: DatabaseSettings, observer: Connection
) -> None:
    """The next query works after the server has terminated a session."""
    end = """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'understudy_reader'
    """
    with limited_connection(settings, WAIT_SECONDS) as connection:
        connection.exec_driver_sql("SELECT 1")
        observer.exec_driver_sql(end)
        with pytest.raises(Exception, match=r"terminat|closed"):
            connection.exec_driver_sql("SELECT 1")

    assert run_query("SELECT 1", settings, WAIT_SECONDS).rows == [[1]]
