"""PostgreSQL behind the guard: the role, the read-only transaction, the limits."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, Engine
from understudy.tools.database import DatabaseSettings
from understudy.tools.database.queries import limited_connection, run_query
from understudy.tools.registry import DatabaseError

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
    """A superuser who looks whether anything has changed."""
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield connection


@pytest.fixture(scope="module")
def before(observer: Connection) -> list[Any]:
    """What there is before the first attack."""
    return list(observer.exec_driver_sql(STATE).fetchall())


@pytest.mark.parametrize("sql", attacks("postgres"))
def test_an_attack_that_passed_the_guard_gets_nothing(
    sql: str, settings: DatabaseSettings, observer: Connection, before: list[Any]
) -> None:
    """No secret row, no changed object, no lock that stays, no long wait."""
    began = time.monotonic()

    try:
        answer = str(run_query(sql, replace(settings, statement_timeout=0.1), 5).as_json())
    except DatabaseError as error:
        answer = error.message

    assert SECRET not in answer
    assert "987654321" not in answer
    assert observer.exec_driver_sql(STATE).fetchall() == before
    assert time.monotonic() - began < 4


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
def test_what_the_role_must_not_do_is_an_error(sql: str, settings: DatabaseSettings) -> None:
    """Each of these fails outright, and the error names nothing hidden."""
    with pytest.raises(DatabaseError) as failure:
        run_query(sql, settings, 5)

    assert "users" not in failure.value.message


def test_a_superuser_is_refused(owner: Engine, settings: DatabaseSettings) -> None:
    """No wall holds for a superuser, so a secret with one does not work at all."""
    url = owner.url.render_as_string(hide_password=False)

    with pytest.raises(DatabaseError, match="not a read-only one"):
        run_query("SELECT 1", replace(settings, url=lambda: url), 5)


def test_the_server_stops_a_slow_query(settings: DatabaseSettings) -> None:
    """`statement_timeout` ends it on the server, and the session with it."""
    slow = "SELECT count(*) FROM sales a, sales b, sales c"
    began = time.monotonic()

    with pytest.raises(DatabaseError, match="too long"):
        run_query(slow, replace(settings, statement_timeout=0.2), 5)

    assert time.monotonic() - began < 3


def test_a_slow_query_is_gone_from_the_server(
    settings: DatabaseSettings, observer: Connection
) -> None:
    """No session of the reader's role stays; the server may need a moment to notice."""
    with pytest.raises(DatabaseError):
        run_query("SELECT count(*) FROM sales a, sales b, sales c", settings, 0.2)

    sessions = """
        SELECT count(*), pg_sleep(0.02) FROM pg_stat_activity WHERE usename = 'understudy_reader'
    """
    counts = (observer.exec_driver_sql(sessions).scalar() for _ in range(100))
    assert 0 in counts


def test_every_query_sees_a_clean_session(settings: DatabaseSettings) -> None:
    """Settings, prepared statements and failed transactions of one query do not reach the next."""
    with limited_connection(settings, 5) as connection:
        connection.exec_driver_sql("SET SESSION work_mem = '1234kB'")
        connection.exec_driver_sql("PREPARE p AS SELECT 1")

    with pytest.raises(DatabaseError):
        run_query("SELECT 1 / 0", settings, 5)
    with limited_connection(settings, 5) as connection:
        assert connection.exec_driver_sql("SHOW work_mem").scalar() != "1234kB"
        prepared = "SELECT count(*) FROM pg_prepared_statements"
        assert connection.exec_driver_sql(prepared).scalar() == 0


def test_the_transaction_is_read_only_with_limits(settings: DatabaseSettings) -> None:
    """What the server says of the transaction in which queries run."""
    with limited_connection(replace(settings, lock_timeout=0.5), 3) as connection:
        shown = {
            name: connection.exec_driver_sql(f"SHOW {name}").scalar()
            for name in ("transaction_read_only", "statement_timeout", "lock_timeout")
        }

    assert shown == {
        "transaction_read_only": "on",
        "statement_timeout": "3s",
        "lock_timeout": "500ms",
    }


def test_a_backslash_never_hides_a_quote(reader_url: str, settings: DatabaseSettings) -> None:
    """A role for whom backslashes escape gets the standard's reading for every query."""
    escaping = f"{reader_url}&options=-c%20standard_conforming_strings%3Doff"
    sql = "SELECT '\\' AS a, ' || (SELECT max(password) FROM users) || ' AS b"
    assert "?" in reader_url

    result = run_query(sql, replace(settings, url=lambda: escaping), 5)

    assert result.rows == [["\\", " || (SELECT max(password) FROM users) || "]]


def test_a_connection_that_breaks_in_between_does_not_spoil_the_next(
    settings: DatabaseSettings, observer: Connection
) -> None:
    """After the server ends our session, the next query works."""
    end = """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'understudy_reader'
    """
    with limited_connection(settings, 5) as connection:
        connection.exec_driver_sql("SELECT 1")
        observer.exec_driver_sql(end)
        with pytest.raises(Exception, match=r"terminat|closed"):
            connection.exec_driver_sql("SELECT 1")

    assert run_query("SELECT 1", settings, 5).rows == [[1]]
