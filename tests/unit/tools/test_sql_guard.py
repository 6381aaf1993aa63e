"""The SQL guard's public interface: accepted and rejected queries, and its messages."""

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
def test_attack_is_rejected_without_naming_secret_tables(dialect: str, sql: str) -> None:
    """Every attack raises QueryRefusedError, whose message names no other table."""
    with pytest.raises(QueryRefusedError) as refusal:
        check_query(sql, dialect=dialect, tables=TABLES)

    words = refusal.value.message.lower().split()
    assert not set(HIDDEN_NAMES) & {word.strip(".,:;'\"()") for word in words} - _calls(sql)


def _calls(sql: str) -> set[str]:
    """Returns names that the query calls as functions, which the message may repeat."""
    return {name for name in HIDDEN_NAMES if f"{name}(" in sql}


@pytest.mark.parametrize("sql", benign("sqlite"))
def test_guarded_query_returns_the_rows_of_the_raw_query(sql: str, database_file: Path) -> None:
    """On SQLite the rendered statement has the same result as the raw query."""
    statement = check_query(sql, dialect="sqlite", tables=TABLES)

    connection = sqlite3.connect(database_file)
    rows = connection.execute(sql.rstrip("; ")).fetchall()
    guarded = connection.execute(statement).fetchall()
    connection.close()
    if "random()" not in sql:
        assert repr(guarded) == repr(rows)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_guarded_query_passes_the_guard_unchanged(dialect: str) -> None:
    """Checking a rendered statement again returns the same text."""
    for sql in benign(dialect):
        statement = check_query(sql, dialect=dialect, tables=TABLES)

        assert check_query(statement, dialect=dialect, tables=TABLES) == statement


def test_comments_do_not_reach_the_database() -> None:
    """A comment that guard and database parse differently could hide code."""
    statement = check_query(
        "SELECT 1 /* a */ -- b\n/* c */ FROM sales -- d", dialect="sqlite", tables=TABLES
    )

    assert statement == "SELECT 1 FROM sales"


@pytest.mark.parametrize(
    "sql", ["SELECT 1", "SELECT * FROM sales", "WITH t AS (SELECT 1) SELECT 1"]
)
@pytest.mark.parametrize("tables", [[], set(), frozenset(), ()])
def test_empty_list_of_tables_allows_nothing(sql: str, tables: list[str]) -> None:
    """Queries without a table are rejected, too."""
    with pytest.raises(QueryRefusedError, match="No tables are available"):
        check_query(sql, dialect="sqlite", tables=tables)


def test_both_names_of_postgresql_are_accepted() -> None:
    """SQLAlchemy uses `postgresql`, sqlglot uses `postgres`."""
    for dialect in ("postgres", "postgresql"):
        assert check_query("SELECT 1", dialect=dialect, tables=TABLES) == "SELECT 1"


@pytest.mark.parametrize("dialect", ["mysql", "", "POSTGRES", "tsql"])
def test_unknown_dialect_is_rejected(dialect: str) -> None:
    """The guard accepts no query in any other dialect."""
    with pytest.raises(QueryRefusedError):
        check_query("SELECT 1", dialect=dialect, tables=TABLES)


@pytest.mark.parametrize("sql", [None, 5, b"SELECT 1", ["SELECT 1"], {}])
def test_query_that_is_not_text_is_rejected(sql: object) -> None:
    """A wrong type raises the same error as a bad query."""
    with pytest.raises(QueryRefusedError):
        check_query(sql, dialect="sqlite", tables=TABLES)  # type: ignore[arg-type]


def test_postgresql_names_are_folded_as_on_the_server() -> None:
    """Unquoted names fold to lower case, quoted ones do not."""
    check_query('SELECT * FROM SaLeS JOIN "sales" s USING (id)', dialect="postgres", tables=TABLES)
    check_query('SELECT * FROM "Odd Name"', dialect="postgres", tables={"Odd Name"})

    with pytest.raises(QueryRefusedError):
        check_query('SELECT * FROM "Sales"', dialect="postgres", tables=TABLES)
    with pytest.raises(QueryRefusedError):
        check_query("SELECT * FROM Odd", dialect="postgres", tables={"Odd"})


def test_table_of_a_schema_is_allowed_in_that_schema_only() -> None:
    """`reporting.orders` does not allow a table of the same name in another schema."""
    tables = {"reporting.orders"}

    check_query("SELECT o.id FROM reporting.orders o", dialect="postgres", tables=tables)
    for sql in ("SELECT * FROM orders", "SELECT * FROM public.orders", "SELECT * FROM hr.orders"):
        with pytest.raises(QueryRefusedError, match=r"reporting\.orders"):
            check_query(sql, dialect="postgres", tables=tables)


COLUMNS = {"sales": ("sale_id", "amount", "region"), "customers": ("customer_id", "name")}


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT s.leak FROM sales s",
        "SELECT sales.leak FROM sales",
        "SELECT public.sales.leak FROM public.sales",
        "SELECT x.leak FROM (SELECT * FROM sales) x",
        "WITH c AS (SELECT s.* FROM sales s) SELECT c.leak FROM c",
        "SELECT t.amount FROM sales s (a, b, c, d) JOIN sales t ON s.amount = t.amount",
        "SELECT name FROM customers c WHERE EXISTS (SELECT 1 FROM sales WHERE c.leak = 1)",
        "SELECT l.leak FROM sales s, LATERAL (SELECT s.amount) l",
        "SELECT u.leak FROM (SELECT amount FROM sales UNION ALL SELECT sale_id FROM sales) u",
        'SELECT s."Amount" FROM sales s',
        "SELECT missing.amount FROM sales s",
        "SELECT leak.* FROM sales s",
    ],
)
def test_unknown_qualified_column_is_rejected_on_postgresql(sql: str) -> None:
    """PostgreSQL would call a function of that name with the row as its argument."""
    with pytest.raises(QueryRefusedError, match="no such column"):
        check_query(sql, dialect="postgres", tables=TABLES, columns=COLUMNS)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT s.amount, S.REGION FROM sales s",
        "SELECT x.amount FROM (SELECT * FROM sales) x",
        "SELECT s.c FROM sales s (a, b, c)",
        "WITH c AS (SELECT s.* FROM sales s) SELECT c.region FROM c",
        "SELECT j.name FROM (sales s JOIN customers c ON s.sale_id = c.customer_id) j",
        "SELECT sales FROM (SELECT amount AS sales FROM sales) sales",
    ],
)
def test_known_qualified_column_is_accepted_on_postgresql(sql: str) -> None:
    """Columns of tables, subqueries, CTEs and join groups, also after renaming."""
    check_query(sql, dialect="postgres", tables=TABLES, columns=COLUMNS)
