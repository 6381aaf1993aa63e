"""The cost of a query is bounded by what it computes, however it is written."""

from dataclasses import replace

import pytest
from understudy.tools.database import DatabaseSettings
from understudy.tools.database.queries import run_query
from understudy.tools.registry import DatabaseError
from understudy.tools.sql_guard import QueryRefusedError, calls, check_query
from understudy.tools.sql_guard.functions import FUNCTIONS

from tests.cpu import cpu_seconds
from tests.limits import WAIT_SECONDS
from tests.unit.tools.corpus_files import DIALECTS
from tests.unit.tools.growing_queries import (
    BOTH,
    NEVER_ALLOWED,
    families,
    growing,
    harmless,
    largest_allowed,
)

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
def test_growing_query_is_rejected_with_advice_within_100_ms_of_cpu(dialect: str, sql: str) -> None:
    """The message says what to change, not that the query could not be parsed.

    The analysis takes polynomial time although the expanded query has millions of nodes.
    """
    messages = []

    def check() -> None:
        with pytest.raises(QueryRefusedError) as refusal:
            check_query(sql, dialect=dialect, tables=TABLES)
        messages.append(refusal.value.message)

    assert cpu_seconds(check, limit=0.1) < 0.1
    assert "cannot be parsed" not in messages[0]
    assert "not allowed" not in messages[0]


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


@pytest.mark.parametrize("name", sorted(families("sqlite").keys() - NEVER_ALLOWED))
def test_largest_allowed_query_is_cheap_on_sqlite(name: str, settings: DatabaseSettings) -> None:
    """Just below the limits SQLite compiles and runs a query in less than two seconds of CPU."""
    sql = largest_allowed(families("sqlite")[name], _is_allowed)
    assert sql is not None
    statement = check_query(sql, dialect="sqlite", tables=TABLES)

    assert cpu_seconds(lambda: run_query(statement, settings, WAIT_SECONDS), limit=2) < 2


@pytest.mark.parametrize("name", sorted(families("sqlite").keys() & NEVER_ALLOWED))
def test_families_left_out_above_have_no_allowed_query(name: str) -> None:
    """Queries with more levels are larger and rejected by the same rule."""
    assert not any(_is_allowed(families("sqlite")[name](levels)) for levels in range(2, 8))


@pytest.mark.parametrize("levels", [20, 22, 24])
def test_memory_limit_holds_while_sqlite_compiles(levels: int, settings: DatabaseSettings) -> None:
    """Past the guard, SQLite stops at its heap limit and the tool reports an error.

    Without the limit 22 levels take 660 MB and 25 seconds, in which no timeout is checked.
    """
    sql = BOTH["two aliases, literals"](levels)
    patient = replace(settings, statement_timeout=WAIT_SECONDS)

    def query() -> None:
        with pytest.raises(DatabaseError, match="more memory"):
            run_query(sql, patient, WAIT_SECONDS)

    assert cpu_seconds(query, limit=5) < 5
