"""Running a query: limits on results and time, and error messages."""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError, OperationalError
from understudy.tools.database import DatabaseSettings, database_url
from understudy.tools.database import queries as queries_module
from understudy.tools.database.failures import is_worth_a_retry
from understudy.tools.database.queries import dialect_of, run_query
from understudy.tools.registry import DatabaseError, ToolDeclarationError

from tests.limits import WAIT_SECONDS


def test_percent_signs_and_colons_in_literals_are_plain_text(settings: DatabaseSettings) -> None:
    """Neither the driver nor SQLAlchemy treats them as parameters."""
    result = run_query("SELECT '100%', ':name', '%s', '?'", settings, WAIT_SECONDS)

    assert result.rows == [["100%", ":name", "%s", "?"]]


def test_rows_beyond_the_limit_are_cut_and_marked(settings: DatabaseSettings) -> None:
    """The result tells that rows are missing."""
    few = replace(settings, max_rows=3)

    assert run_query("SELECT sale_id FROM sales ORDER BY 1", few, WAIT_SECONDS).as_json() == {
        "columns": ["sale_id"],
        "rows": [[1], [2], [3]],
        "row_count": 3,
        "truncated": True,
        "cut": {"rows": "only the first 3 rows are shown"},
    }


def test_result_at_the_limit_is_not_marked(settings: DatabaseSettings) -> None:
    """Three rows under a limit of three are complete."""
    few = replace(settings, max_rows=3)

    result = run_query("SELECT sale_id FROM sales ORDER BY 1 LIMIT 3", few, WAIT_SECONDS)

    assert result.as_json() == {"columns": ["sale_id"], "rows": [[1], [2], [3]], "row_count": 3}


def test_columns_cells_and_total_size_are_limited(settings: DatabaseSettings) -> None:
    """Each limit has its own mark."""
    narrow = replace(settings, max_columns=2, max_cell=5, max_result=70)

    result = run_query(
        "SELECT 'abcdefgh', sale_id, region FROM sales ORDER BY 2", narrow, WAIT_SECONDS
    )

    assert result.rows[0] == ["abcde…", 1]
    assert set(result.cut) == {"columns", "cells", "size"}
    assert len(json.dumps(result.rows)) < 120


def test_query_stops_when_its_time_is_over(settings: DatabaseSettings) -> None:
    """The run's remaining time limits a query, as the statement timeout does."""
    with pytest.raises(DatabaseError, match="too long"):
        run_query("SELECT count(*) FROM sales a, sales b, sales c", settings, 0.05)
    with pytest.raises(DatabaseError, match="too long"):
        run_query("SELECT 1", settings, 0)


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT s.amounts FROM sales s", "does not exist: amounts"),
        ("SELECT password FROM sales", "does not exist: password"),
        ("SELECT users.password FROM sales", "does not exist: password"),
        ("SELECT * FROM nowhere", "does not exist"),
        ("SELECT * FROM users", "does not allow"),
        ("SELECT region FROM sales JOIN customers", "ambiguous column name"),
        ("SELECT 1 +", "The database says: incomplete input"),
        ("DELETE FROM sales", "does not allow"),
    ],
)
def test_error_message_is_helpful_and_safe(
    sql: str, message: str, settings: DatabaseSettings
) -> None:
    """It says what is wrong with the query and names no secret table and no file."""
    with pytest.raises(DatabaseError) as failure:
        run_query(sql, settings, WAIT_SECONDS)

    assert message in failure.value.message
    assert "users" not in failure.value.message
    assert "sqlite" not in failure.value.message.lower()
    assert failure.value.__suppress_context__


@pytest.mark.parametrize(
    "url",
    [
        # pragma: allowlist nextline secret
        "postgresql+psycopg://canary_user:canary_password@127.0.0.1:1/canary_database",
        "sqlite:////nowhere/canary_file.sqlite",
        "sqlite://",
        # pragma: allowlist nextline secret
        "mysql+pymysql://canary_user:canary_password@canary_host/canary",
        "canary",
    ],
)
def test_unreachable_database_is_an_error_without_its_address(
    url: str, settings: DatabaseSettings
) -> None:
    """The message contains no part of the URL."""
    with pytest.raises(DatabaseError) as failure:
        run_query("SELECT 1", replace(settings, url=lambda: url), WAIT_SECONDS)

    assert not any(part in failure.value.message for part in ("canary", "127.0.0.1", "nowhere"))


class _Conflict(sqlite3.OperationalError):
    """A driver's error with a PostgreSQL error code."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__("host=canary.internal")
        self.sqlstate = sqlstate


def _failing_first(times: int, sqlstate: str) -> tuple[Callable[..., Any], list[str]]:
    attempts: list[str] = []
    original = queries_module._run_once

    def run_once(sql: str, settings: DatabaseSettings, seconds: float) -> Any:
        attempts.append(sql)
        if len(attempts) <= times:
            raise OperationalError(sql, None, _Conflict(sqlstate))
        return original(sql, settings, seconds)

    return run_once, attempts


@pytest.mark.parametrize("sqlstate", ["40001", "57014", "57P01", "08006"])
def test_replica_conflict_is_retried_once(
    sqlstate: str, settings: DatabaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Recovery conflicts and failovers are retried."""
    run_once, attempts = _failing_first(1, sqlstate)
    monkeypatch.setattr(queries_module, "_run_once", run_once)

    assert run_query("SELECT 1", settings, WAIT_SECONDS).rows == [[1]]
    assert len(attempts) == 2


@pytest.mark.parametrize(("sqlstate", "attempts_made"), [("40001", 2), ("28P01", 1), ("42P01", 1)])
def test_lasting_failure_is_reported_without_its_text(
    sqlstate: str, attempts_made: int, settings: DatabaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second conflict is an error. Errors that a retry cannot fix are not retried."""
    run_once, attempts = _failing_first(9, sqlstate)
    monkeypatch.setattr(queries_module, "_run_once", run_once)

    with pytest.raises(DatabaseError) as failure:
        run_query("SELECT 1", settings, WAIT_SECONDS)

    assert "canary" not in failure.value.message
    assert len(attempts) == attempts_made


def test_statement_timeout_is_not_retried() -> None:
    """A cancellation after the whole time limit is the timeout, not a replica conflict."""
    error = DBAPIError("SELECT 1", None, _Conflict("57014"))

    assert is_worth_a_retry(error, seconds=0.5, limit=5)
    assert not is_worth_a_retry(error, seconds=4.9, limit=5)


def test_invalid_utf8_is_replaced(tmp_path: Path) -> None:
    """The rest of the row is returned unchanged."""
    path = tmp_path / "broken.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE sales (region TEXT, blob BLOB)")
    connection.execute("INSERT INTO sales VALUES (CAST(x'41ff42' AS TEXT), x'00ff')")
    connection.commit()
    connection.close()
    settings = DatabaseSettings(url=lambda: f"sqlite:///{path}", tables=("sales",))

    assert run_query("SELECT * FROM sales", settings, WAIT_SECONDS).rows == [
        ["A\ufffdB", "\\x00ff"]
    ]


def test_dialect_comes_from_the_url(settings: DatabaseSettings) -> None:
    """There is no second setting that could contradict it."""
    postgres = replace(settings, url=lambda: "postgresql+psycopg://u:p@127.0.0.1:1/d")

    assert dialect_of(settings) == "sqlite"
    assert dialect_of(postgres) == "postgres"


def test_secret_is_a_url_or_the_json_of_rds() -> None:
    """Both become a URL with a driver; special characters are escaped."""
    rds = '{"username": "u", "password": "p@/:", "host": "h", "port": 5433, "dbname": "d"}'

    assert database_url(" postgres://u:p@h/d\n") == "postgresql+psycopg://u:p@h/d"
    assert database_url("sqlite:///x") == "sqlite:///x"
    # pragma: allowlist nextline secret
    assert database_url(rds) == ("postgresql+psycopg://u:p%40%2F%3A@h:5433/d?sslmode=require")


@pytest.mark.parametrize("secret", ["", "canary", "{", '{"username": "canary"}'])
def test_invalid_secret_is_rejected_without_its_text(secret: str) -> None:
    """The error is safe to log."""
    with pytest.raises(ToolDeclarationError) as refusal:
        database_url(secret)

    assert "canary" not in str(refusal.value)
