"""The SQL guard from outside: what passes, what does not, and what it says."""

import sqlite3
from pathlib import Path

import pytest
from understudy.tools.sql_guard import QueryRefusedError, check_query

from tests.unit.tools.corpus_files import DIALECTS, attacks, benign

TABLES = frozenset({"sales", "customers", "products"})
ALL_ATTACKS = [(dialect, sql) for dialect in DIALECTS for sql in attacks(dialect)]
ALL_BENIGN = [(dialect, sql) for dialect in DIALECTS for sql in benign(dialect)]
HIDDEN_NAMES = ("users", "employees", "sales2", "pg_shadow", "sqlite_master")


@pytest.mark.parametrize(("dialect", "sql"), ALL_ATTACKS)
def test_an_attack_is_refused_without_naming_what_is_hidden(dialect: str, sql: str) -> None:
    """Every attack of the corpus ends in QueryRefusedError, and its reason names no other table."""
    with pytest.raises(QueryRefusedError) as refusal:
        check_query(sql, dialect=dialect, tables=TABLES)

    words = refusal.value.message.lower().split()
    assert not set(HIDDEN_NAMES) & {word.strip(".,:;'\"()") for word in words} - _calls(sql)


def _calls(sql: str) -> set[str]:
    """Names that the query calls as functions: the reason may repeat those."""
    return {name for name in HIDDEN_NAMES if f"{name}(" in sql}


@pytest.mark.parametrize("sql", benign("sqlite"))
def test_a_benign_query_gives_the_rows_of_the_raw_statement(sql: str, database_file: Path) -> None:
    """What the guard returns has the same rows as the query that came, on SQLite."""
    statement = check_query(sql, dialect="sqlite", tables=TABLES)

    connection = sqlite3.connect(database_file)
    rows = connection.execute(sql.rstrip("; ")).fetchall()
    guarded = connection.execute(statement).fetchall()
    connection.close()
    if "random()" not in sql:
        assert repr(guarded) == repr(rows)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_the_guard_returns_passes_the_guard_unchanged(dialect: str) -> None:
    """A checked statement is a fixed point: reading it again gives the same text."""
    for sql in benign(dialect):
        statement = check_query(sql, dialect=dialect, tables=TABLES)

        assert check_query(statement, dialect=dialect, tables=TABLES) == statement


def test_comments_do_not_reach_the_database() -> None:
    """What runs has no comments, so nothing can hide between two readings of one."""
    statement = check_query(
        "SELECT 1 /* a */ -- b\n/* c */ FROM sales -- d", dialect="sqlite", tables=TABLES
    )

    assert statement == "SELECT 1 FROM sales"


@pytest.mark.parametrize(
    "sql", ["SELECT 1", "SELECT * FROM sales", "WITH t AS (SELECT 1) SELECT 1"]
)
@pytest.mark.parametrize("tables", [[], set(), frozenset(), ()])
def test_an_empty_list_of_tables_allows_nothing(sql: str, tables: list[str]) -> None:
    """Not even a query without a table passes when no table is open."""
    with pytest.raises(QueryRefusedError, match="No tables are available"):
        check_query(sql, dialect="sqlite", tables=tables)


def test_both_names_of_postgresql_are_understood() -> None:
    """`postgresql` is what SQLAlchemy calls it, `postgres` what sqlglot does."""
    for dialect in ("postgres", "postgresql"):
        assert check_query("SELECT 1", dialect=dialect, tables=TABLES) == "SELECT 1"


@pytest.mark.parametrize("dialect", ["mysql", "", "POSTGRES", "tsql"])
def test_another_dialect_is_refused(dialect: str) -> None:
    """Nothing passes in a dialect that the guard does not know."""
    with pytest.raises(QueryRefusedError):
        check_query("SELECT 1", dialect=dialect, tables=TABLES)


@pytest.mark.parametrize("sql", [None, 5, b"SELECT 1", ["SELECT 1"], {}])
def test_what_is_not_a_text_is_refused(sql: object) -> None:
    """A wrong type ends in the same error as a bad query."""
    with pytest.raises(QueryRefusedError):
        check_query(sql, dialect="sqlite", tables=TABLES)  # type: ignore[arg-type]


def test_postgresql_looks_names_up_as_the_server_does() -> None:
    """Unquoted names fold to lower case, quoted ones do not."""
    check_query('SELECT * FROM SaLeS JOIN "sales" s USING (id)', dialect="postgres", tables=TABLES)
    check_query('SELECT * FROM "Odd Name"', dialect="postgres", tables={"Odd Name"})

    with pytest.raises(QueryRefusedError):
        check_query('SELECT * FROM "Sales"', dialect="postgres", tables=TABLES)
    with pytest.raises(QueryRefusedError):
        check_query("SELECT * FROM Odd", dialect="postgres", tables={"Odd"})


def test_a_listed_schema_is_the_only_one() -> None:
    """`reporting.orders` opens that table and not one of the same name elsewhere."""
    tables = {"reporting.orders"}

    check_query("SELECT o.id FROM reporting.orders o", dialect="postgres", tables=tables)
    for sql in ("SELECT * FROM orders", "SELECT * FROM public.orders", "SELECT * FROM hr.orders"):
        with pytest.raises(QueryRefusedError, match=r"reporting\.orders"):
            check_query(sql, dialect="postgres", tables=tables)
