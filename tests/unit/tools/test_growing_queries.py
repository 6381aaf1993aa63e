"""The cost of a query is bounded by what it computes, however it is written."""

import time
from dataclasses import replace

import pytest
from understudy.tools.database import DatabaseSettings
from understudy.tools.database.queries import run_query
from understudy.tools.registry import DatabaseError
from understudy.tools.sql_guard import QueryRefusedError, calls, check_query
from understudy.tools.sql_guard.functions import FUNCTIONS

from tests.unit.tools.corpus_files import DIALECTS
from tests.unit.tools.growing_queries import BOTH, growing, harmless, largest_allowed

TABLES = frozenset({"sales", "customers", "products"})
GROWING = [
    pytest.param(dialect, sql, id=f"{dialect}-{name}")
    for dialect in DIALECTS
    for name, sql in growing(dialect).items()
]
HARMLESS = [
    pytest.param(dialect, sql, id=f"{dialect}-{name}")
    for dialect in DIALECTS
    for name, sql in harmless(dialect).items()
]


def _is_allowed(sql: str) -> bool:
    try:
        check_query(sql, dialect="sqlite", tables=TABLES)
    except QueryRefusedError:
        return False
    return True


@pytest.mark.parametrize(("dialect", "sql"), GROWING)
def test_growing_query_is_rejected_with_advice(dialect: str, sql: str) -> None:
    """The message says what to change, not that the query could not be parsed."""
    with pytest.raises(QueryRefusedError) as refusal:
        check_query(sql, dialect=dialect, tables=TABLES)

    assert "cannot be parsed" not in refusal.value.message
    assert "not allowed" not in refusal.value.message


@pytest.mark.parametrize(("dialect", "sql"), GROWING)
def test_growing_query_is_judged_within_100_ms_of_cpu(dialect: str, sql: str) -> None:
    """The analysis takes polynomial time although the expanded query has millions of nodes."""
    used = []
    for _ in range(3):
        began = time.process_time()
        with pytest.raises(QueryRefusedError):
            check_query(sql, dialect=dialect, tables=TABLES)
        used.append(time.process_time() - began)

    assert min(used) < 0.1


@pytest.mark.parametrize(("dialect", "sql"), HARMLESS)
def test_same_shape_with_two_levels_is_allowed(dialect: str, sql: str) -> None:
    """The guard judges the size and not the spelling."""
    check_query(sql, dialect=dialect, tables=TABLES)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_allowed_function_has_one_size_rule(dialect: str) -> None:
    """A function added to the list must be added to a group in `calls.py`, too."""
    groups = [
        calls.NUMBERS,
        calls.KEEPING,
        calls.JOINING,
        calls.JSON,
        calls.COLLECTING,
        frozenset(calls.FACTORS),
        frozenset(calls.PATTERNED),
        calls.PRODUCTS,
        calls.POWERS,
        calls.OTHERS,
    ]

    counts = {name: sum(name in group for group in groups) for name in FUNCTIONS[dialect]}

    assert {name: count for name, count in counts.items() if count != 1} == {}


@pytest.mark.parametrize(
    "sql",
    [pytest.param(sql, id=name) for name, sql in largest_allowed("sqlite", _is_allowed).items()],
)
def test_largest_allowed_query_is_cheap_on_sqlite(sql: str, settings: DatabaseSettings) -> None:
    """Just below the limits SQLite compiles and runs a query in less than two seconds of CPU."""
    statement = check_query(sql, dialect="sqlite", tables=TABLES)
    began = time.process_time()

    run_query(statement, settings, 60)

    assert time.process_time() - began < 2


@pytest.mark.parametrize("levels", [20, 22, 24])
def test_memory_limit_holds_while_sqlite_compiles(levels: int, settings: DatabaseSettings) -> None:
    """Past the guard, SQLite stops at its heap limit and the tool reports an error.

    Without the limit 22 levels take 660 MB and 25 seconds, in which no timeout is checked.
    """
    sql = BOTH["two aliases, literals"](levels)
    began = time.process_time()

    with pytest.raises(DatabaseError, match="more memory"):
        run_query(sql, replace(settings, statement_timeout=60), 60)

    assert time.process_time() - began < 5
