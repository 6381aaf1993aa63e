"""Mutation check: every rule of the guard rejects a query that no other rule rejects."""

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from understudy.tools import sql_guard
from understudy.tools.sql_guard import QueryRefusedError, check_query, text_rules

from tests.unit.tools.corpus_files import DIALECTS, attacks
from tests.unit.tools.growing_queries import growing

TABLES = frozenset({"sales", "customers", "products"})
LISTS: tuple[tuple[ModuleType, str], ...] = (
    (text_rules, "TEXT_RULES"),
    (text_rules, "TOKEN_RULES"),
    (sql_guard, "RULES"),
)
RULES = [
    pytest.param(module, name, rule, id=rule.__name__)
    for module, name in LISTS
    for rule in getattr(module, name)
]
OVERSIZED = (
    "SELECT 1" + " " * text_rules.MAX_LENGTH,
    "SELECT " + ",".join(["1"] * text_rules.MAX_TOKENS),
    "SELECT " + "(" * (text_rules.MAX_NESTING + 1) + "1" + ")" * (text_rules.MAX_NESTING + 1),
)


def _queries() -> Iterator[tuple[str, str]]:
    """Yields every query that must be rejected, with its dialect."""
    for dialect in DIALECTS:
        for sql in (*OVERSIZED, *growing(dialect).values(), *attacks(dialect)):
            yield dialect, sql


def _passes(sql: str, dialect: str) -> bool:
    try:
        check_query(sql, dialect=dialect, tables=TABLES)
    except QueryRefusedError:
        return False
    return True


def test_all_rules_together_reject_every_attack() -> None:
    """The precondition of the mutation tests below."""
    assert [query for query in _queries() if _passes(query[1], query[0])] == []


@pytest.fixture(scope="module")
def only_rejected_by() -> dict[str, tuple[str, str]]:
    """Returns for each rule a query that only this rule rejects: one pass applies all rules."""
    found: dict[str, tuple[str, str]] = {}
    rejecting: set[str] = set()

    def noted(rule: Callable[..., str | None]) -> Callable[..., None]:
        def note(checked: Any) -> None:
            if rule(checked):
                rejecting.add(rule.__name__)

        return note

    with pytest.MonkeyPatch.context() as patch:
        for module, name in LISTS:
            patch.setattr(module, name, tuple(map(noted, getattr(module, name))))
        for dialect, sql in _queries():
            rejecting.clear()
            if _passes(sql, dialect) and len(rejecting) == 1:
                found.setdefault(*rejecting, (dialect, sql))
    return found


@pytest.mark.parametrize(("module", "name", "rule"), RULES)
def test_removing_one_rule_accepts_an_attack(
    module: ModuleType,
    name: str,
    rule: Callable[..., Any],
    only_rejected_by: dict[str, tuple[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every rule is needed, and a test fails if one is removed."""
    dialect, sql = only_rejected_by[rule.__name__]
    assert not _passes(sql, dialect)
    rules = getattr(module, name)

    monkeypatch.setattr(module, name, tuple(each for each in rules if each is not rule))

    assert _passes(sql, dialect)


def test_every_rule_of_the_modules_is_listed() -> None:
    """A rule that is written but not listed would have no effect."""
    from understudy.tools.sql_guard import cost_rules, name_rules, shape_rules

    written = {
        value
        for module in (text_rules, shape_rules, name_rules, cost_rules)
        for key, value in vars(module).items()
        if callable(value) and not key.startswith("_") and value.__module__ == module.__name__
    }

    listed = {rule for module, name in LISTS for rule in getattr(module, name)}
    assert written - listed == {
        text_rules.first_problem_of_text,
        text_rules.first_problem_of_tokens,
    }
