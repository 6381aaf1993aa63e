"""The guard on deep, large and random input: it is fast and raises QueryRefusedError only."""

import sys
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from understudy.tools.sql_guard import QueryRefusedError, check_query
from understudy.tools.sql_guard.text_rules import MAX_LENGTH, MAX_NESTING

from tests.cpu import cpu_seconds
from tests.unit.tools.corpus_files import DIALECTS

TABLES = frozenset({"sales", "customers", "products"})

DEEP = {
    "parentheses": "SELECT " + "(" * 400 + "1" + ")" * 400,
    "calls": "SELECT " + "abs(" * 400 + "1" + ")" * 400,
    "derived tables": "SELECT * FROM " + "(SELECT * FROM " * 200 + "sales" + ") t" * 200,
    "not": "SELECT " + "NOT " * 900 + "1",
    "minus": "SELECT " + "- " * 900 + "1",
    "case": "SELECT " + "CASE WHEN " * 100 + "1" + " THEN 1 END" * 100,
    "casts": "SELECT 1" + "::int" * 490,
    "brackets": "SELECT " + "[" * 900,
}


LARGE = {
    "too long": "SELECT '" + "x" * MAX_LENGTH + "'",
    "a megabyte": "SELECT 1" + " " * 1_000_000,
    "tokens": "SELECT " + "," * 9_000,
    "columns": "SELECT " + ",".join(["a.b + 1"] * 160) + " FROM sales",
    "sum": "SELECT " + " + ".join(["1"] * 490),
    "casts in a row": "SELECT " + ",".join(["CAST(a AS TEXT)"] * 140) + " FROM sales",
    "unions": " UNION ".join(["SELECT 1"] * 330),
    "joins": "SELECT * FROM sales" + " JOIN sales USING (a)" * 160,
    "ctes": "WITH " + ",".join(f"a{n} AS (SELECT 1)" for n in range(135)) + " SELECT 1",
    "pipes": "SELECT " + " || ".join(["a"] * 490) + " FROM sales",
    "powers": "SELECT 1" + " ^ 1" * 490,
    "literal": "SELECT '" + "x" * 9_000 + "'",
    "number": "SELECT " + "9" * 9_000,
    "comments": "SELECT " + "/**/" * 2_000 + "1",
    "semicolons": "SELECT 1" + ";" * 9_000,
    "quotes": "SELECT " + "''" * 4_000,
    "dollars": "SELECT " + "$$" * 4_000,
    "subqueries": "SELECT " + ",".join(["(SELECT 1)"] * 195),
    "doubled stars": "WITH c0 AS (SELECT region, amount FROM sales), "
    + ",".join(f"c{n} AS (SELECT *, * FROM c{n - 1})" for n in range(1, 60))
    + " SELECT * FROM c59",
    "stars of joins": "WITH c0 AS (SELECT region FROM sales LIMIT 1), "
    + ",".join(f"c{n} AS (SELECT * FROM c{n - 1} a, c{n - 1} b)" for n in range(1, 40))
    + " SELECT * FROM c39",
    "stars of groups": "WITH c0 AS (SELECT region FROM sales LIMIT 1), "
    + ",".join(
        f"c{n} AS (SELECT * FROM (c{n - 1} a JOIN c{n - 1} b ON true) g)" for n in range(1, 30)
    )
    + " SELECT * FROM c29",
    "aggregates": "SELECT "
    + ",".join(["string_agg(DISTINCT a.x, ',' ORDER BY a.x)"] * 50)
    + " FROM sales a",
    "grouped expressions": "SELECT "
    + ",".join(f"a + {n}" for n in range(110))
    + " FROM sales GROUP BY "
    + ",".join(f"a + {n}" for n in range(110)),
    "linked sources": "SELECT 1 FROM sales t0"
    + "".join(f", sales t{n}" for n in range(1, 100))
    + " WHERE "
    + " AND ".join(f"t{n}.a = t{n - 1}.a" for n in range(1, 60)),
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("sql", [*DEEP.values(), *LARGE.values()], ids=[*DEEP, *LARGE])
def test_any_query_is_judged_within_100_ms_of_cpu(sql: str, dialect: str) -> None:
    """Also a query that is rejected for its size or depth."""
    check_query("SELECT 1", dialect=dialect, tables=TABLES)

    def check() -> None:
        with suppress(QueryRefusedError):
            check_query(sql, dialect=dialect, tables=TABLES)

    assert cpu_seconds(check, limit=0.1) < 0.1


@pytest.fixture
def usual_stack() -> Iterator[None]:
    """Sets Python's default recursion limit, which test tools may have raised."""
    raised = sys.getrecursionlimit()
    sys.setrecursionlimit(1000)
    yield
    sys.setrecursionlimit(raised)


@pytest.mark.usefixtures("usual_stack")
@pytest.mark.parametrize("sql", DEEP.values(), ids=DEEP)
def test_deep_nesting_is_rejected(sql: str) -> None:
    """A query that exhausts the parser's stack is rejected."""
    with pytest.raises(QueryRefusedError):
        check_query(sql, dialect="postgres", tables=TABLES)


@pytest.mark.usefixtures("usual_stack")
def test_ordinary_nesting_is_accepted_with_a_deep_stack() -> None:
    """Ten levels are accepted even if the caller has used a quarter of the stack."""
    sql = "SELECT * FROM " + "(SELECT * FROM " * 10 + "sales" + ") t" * 10

    def deeper(levels: int) -> str:
        return deeper(levels - 1) if levels else check_query(sql, dialect="sqlite", tables=TABLES)

    assert deeper(sys.getrecursionlimit() // 4).count("SELECT") == 11
    assert MAX_NESTING >= 10


FRAGMENTS = st.sampled_from(
    [
        "SELECT",
        "FROM",
        "WHERE",
        "users",
        "sales",
        "WITH",
        "AS",
        "(",
        ")",
        ",",
        ".",
        ";",
        "*",
        "1",
        "'x'",
        '"',
        "'",
        "--",
        "/*",
        "*/",
        "UNION",
        "JOIN",
        "ON",
        "INTO",
        "UPDATE",
        "::",
        "regclass",
        "U&",
        "$$",
        "$1",
        "[",
        "]",
        "`",
        "E'\\'",
        "CASE",
        "WHEN",
        "THEN",
        "END",
        "IN",
        "NOT",
        "NULL",
        "LATERAL",
        "VALUES",
        "OVER",
        "TABLE",
        "ORDER",
        "BY",
        "LIMIT",
        "FOR",
        "{",
        "}",
        ":",
        "%",
        "?",
        "@",
        "->",
        "->>",
        "||",
        "\n",
        "\x00",
        "�",
        "é",
    ]
)


@given(st.lists(FRAGMENTS, max_size=40).map(" ".join), st.sampled_from(DIALECTS))
@hypothesis_settings(max_examples=400, deadline=None, derandomize=True)
def test_random_text_returns_a_statement_or_is_rejected(sql: str, dialect: str) -> None:
    """For any sequence of words the guard returns a statement or raises QueryRefusedError."""
    try:
        statement = check_query(sql, dialect=dialect, tables=TABLES)
    except QueryRefusedError:
        return
    assert statement.startswith(("SELECT", "WITH", "("))
    assert check_query(statement, dialect=dialect, tables=TABLES) == statement
