"""SQLite without the guard: its own restrictions stop every attack."""

import hashlib
import time
from dataclasses import replace
from pathlib import Path

import pytest
from understudy.tools.database import DatabaseSettings
from understudy.tools.database.queries import run_query
from understudy.tools.registry import DatabaseError
from understudy.tools.sql_guard import check_query

from tests.limits import WAIT_SECONDS
from tests.unit.tools.corpus_files import attacks, benign
from tests.unit.tools.secrets_beside import SECRET

SIZE_CANARY = "987654321"


@pytest.fixture(scope="module")
def hasty(settings: DatabaseSettings) -> DatabaseSettings:
    """Settings with a statement timeout of a tenth of a second."""
    return replace(settings, statement_timeout=0.1)


@pytest.mark.parametrize("sql", attacks("sqlite"))
def test_attack_that_bypasses_the_guard_reads_no_secret(
    sql: str, hasty: DatabaseSettings, database_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It returns no secret, changes no file, uses little CPU and raises DatabaseError only."""
    monkeypatch.chdir(database_file.parent)
    before = _digest(database_file), _files(database_file)
    began = time.process_time()

    try:
        output = str(run_query(sql, hasty, WAIT_SECONDS).as_json())
    except DatabaseError as error:
        output = error.message

    assert SECRET not in output
    assert SIZE_CANARY not in output
    assert (_digest(database_file), _files(database_file)) == before
    assert time.process_time() - began < 3
    assert not Path("/tmp/x.db").exists()
    assert not Path("/tmp/copy.db").exists()


def test_restrictions_allow_every_benign_query(settings: DatabaseSettings) -> None:
    """The authorizer and the limits allow everything that the guard allows."""
    for sql in benign("sqlite"):
        run_query(
            check_query(sql, dialect="sqlite", tables=settings.tables), settings, WAIT_SECONDS
        )


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM users",
        "SELECT 1 FROM users",
        "SELECT count(*) FROM all_sales_view",
        "SELECT count(*) FROM sales2",
        "WITH users AS (SELECT 1) SELECT count(*) FROM main.users",
        "SELECT count(*) FROM pragma_table_info('users')",
        "SELECT count(*) FROM sqlite_master",
    ],
)
def test_hidden_rows_cannot_be_counted(sql: str, settings: DatabaseSettings) -> None:
    """A read without columns, which SQLite reports differently, is denied as well."""
    with pytest.raises(DatabaseError):
        run_query(sql, settings, WAIT_SECONDS)


def test_cte_can_be_counted(settings: DatabaseSettings) -> None:
    """A read of a CTE without columns is not a read of a table."""
    sql = "WITH recent AS (SELECT 1 AS a UNION ALL SELECT 2) SELECT count(*) FROM recent"

    assert run_query(sql, settings, WAIT_SECONDS).rows == [[2]]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT sum(length(replace(hex(x'00'), '0', hex(x'00')))) FROM sales a, sales b, sales c",
        "SELECT max(a.amount) FROM sales a, sales b, sales c",
        "SELECT printf('%900000d', 1) || printf('%900000d', 1)",
        "SELECT group_concat(a.region) FROM sales a, sales b",
    ],
)
def test_time_and_memory_are_limited(sql: str, hasty: DatabaseSettings) -> None:
    """SQLite interrupts a product of tables and rejects a long value."""
    began = time.process_time()

    with pytest.raises(DatabaseError, match=r"too long|stopped|more memory"):
        run_query(sql, hasty, WAIT_SECONDS)

    assert time.process_time() - began < 2


def _files(path: Path) -> list[str]:
    return sorted(each.name for each in path.parent.iterdir())


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
