"""Running a query: limits on results, time, and what errors say."""

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


def test_percent_signs_and_colons_in_literals_are_plain_text(settings: DatabaseSettings) -> None:
    """Neither the driver nor SQLAlchemy takes them for parameters."""
    result = run_query("SELECT '100%', ':name', '%s', '?'", settings, 5)

    assert result.rows == [["100%", ":name", "%s", "?"]]


def test_rows_beyond_the_limit_are_cut_and_marked(settings: DatabaseSettings) -> None:
    """The result says that there is more."""
    few = replace(settings, max_rows=3)

    assert run_query("SELECT sale_id FROM sales ORDER BY 1", few, 5).as_json() == {
        "columns": ["sale_id"],
        "rows": [[1], [2], [3]],
        "row_count": 3,
        "truncated": True,
        "cut": {"rows": "only the first 3 rows are shown"},
    }


def test_a_result_that_fits_exactly_is_not_marked(settings: DatabaseSettings) -> None:
    """Three rows under a limit of three are complete."""
    few = replace(settings, max_rows=3)

    result = run_query("SELECT sale_id FROM sales ORDER BY 1 LIMIT 3", few, 5)

    assert result.as_json() == {"columns": ["sale_id"], "rows": [[1], [2], [3]], "row_count": 3}


def test_columns_cells_and_the_whole_are_limited(settings: DatabaseSettings) -> None:
    """Each limit leaves its own mark."""
    narrow = replace(settings, max_columns=2, max_cell=5, max_result=70)

    result = run_query("SELECT 'abcdefgh', sale_id, region FROM sales ORDER BY 2", narrow, 5)

    assert result.rows[0] == ["abcde…", 1]
    assert set(result.cut) == {"columns", "cells", "size"}
    assert len(json.dumps(result.rows)) < 120


def test_a_query_stops_when_its_time_is_over(settings: DatabaseSettings) -> None:
    """The run's remaining time counts, not only the database's own limit."""
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
def test_an_error_helps_and_gives_nothing_away(
    sql: str, message: str, settings: DatabaseSettings
) -> None:
    """A model learns what is wrong with its query, and no name of a hidden table or file."""
    with pytest.raises(DatabaseError) as failure:
        run_query(sql, settings, 5)

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
def test_an_unreachable_database_is_an_error_without_its_address(
    url: str, settings: DatabaseSettings
) -> None:
    """No part of the URL is in the message."""
    with pytest.raises(DatabaseError) as failure:
        run_query("SELECT 1", replace(settings, url=lambda: url), 5)

    assert not any(part in failure.value.message for part in ("canary", "127.0.0.1", "nowhere"))


class _Conflict(sqlite3.OperationalError):
    """A driver's error that carries PostgreSQL's code."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__("host=canary.internal")
        self.sqlstate = sqlstate


def _failing_first(times: int, sqlstate: str) -> tuple[Callable[..., Any], list[str]]:
    tries: list[str] = []
    original = queries_module._run_once

    def run_once(sql: str, settings: DatabaseSettings, seconds: float) -> Any:
        tries.append(sql)
        if len(tries) <= times:
            raise OperationalError(sql, None, _Conflict(sqlstate))
        return original(sql, settings, seconds)

    return run_once, tries


@pytest.mark.parametrize("sqlstate", ["40001", "57014", "57P01", "08006"])
def test_a_conflict_on_a_replica_is_tried_once_more(
    sqlstate: str, settings: DatabaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Recovery conflicts and failovers cost one more try."""
    run_once, tries = _failing_first(1, sqlstate)
    monkeypatch.setattr(queries_module, "_run_once", run_once)

    assert run_query("SELECT 1", settings, 5).rows == [[1]]
    assert len(tries) == 2


@pytest.mark.parametrize(("sqlstate", "tries_made"), [("40001", 2), ("28P01", 1), ("42P01", 1)])
def test_a_failure_that_stays_is_told_without_its_text(
    sqlstate: str, tries_made: int, settings: DatabaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second conflict ends it, and what a try cannot help is not tried again."""
    run_once, tries = _failing_first(9, sqlstate)
    monkeypatch.setattr(queries_module, "_run_once", run_once)

    with pytest.raises(DatabaseError) as failure:
        run_query("SELECT 1", settings, 5)

    assert "canary" not in failure.value.message
    assert len(tries) == tries_made


def test_our_own_time_limit_is_not_taken_for_a_conflict() -> None:
    """A cancel after the whole time limit was ours: another try would take as long."""
    error = DBAPIError("SELECT 1", None, _Conflict("57014"))

    assert is_worth_a_retry(error, seconds=0.5, limit=5)
    assert not is_worth_a_retry(error, seconds=4.9, limit=5)


def test_text_that_is_not_utf8_is_shown_with_marks(tmp_path: Path) -> None:
    """A broken cell does not cost the rest of the row."""
    path = tmp_path / "broken.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE sales (region TEXT, blob BLOB)")
    connection.execute("INSERT INTO sales VALUES (CAST(x'41ff42' AS TEXT), x'00ff')")
    connection.commit()
    connection.close()
    settings = DatabaseSettings(url=lambda: f"sqlite:///{path}", tables=("sales",))

    assert run_query("SELECT * FROM sales", settings, 5).rows == [["A\ufffdB", "\\x00ff"]]


def test_the_dialect_comes_from_the_url(settings: DatabaseSettings) -> None:
    """No second setting can contradict the first."""
    postgres = replace(settings, url=lambda: "postgresql+psycopg://u:p@127.0.0.1:1/d")

    assert dialect_of(settings) == "sqlite"
    assert dialect_of(postgres) == "postgres"


def test_a_secret_may_be_a_url_or_what_rds_writes() -> None:
    """Both become a URL with a driver; special characters survive."""
    rds = '{"username": "u", "password": "p@/:", "host": "h", "port": 5433, "dbname": "d"}'

    assert database_url(" postgres://u:p@h/d\n") == "postgresql+psycopg://u:p@h/d"
    assert database_url("sqlite:///x") == "sqlite:///x"
    # pragma: allowlist nextline secret
    assert database_url(rds) == ("postgresql+psycopg://u:p%40%2F%3A@h:5433/d?sslmode=require")


@pytest.mark.parametrize("secret", ["", "canary", "{", '{"username": "canary"}'])
def test_a_secret_of_another_form_is_refused_without_its_text(secret: str) -> None:
    """The error can be logged."""
    with pytest.raises(ToolDeclarationError) as refusal:
        database_url(secret)

    assert "canary" not in str(refusal.value)
