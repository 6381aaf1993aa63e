"""The mutation check: every rule of the guard refuses something that no other rule refuses."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from understudy.tools import sql_guard
from understudy.tools.sql_guard import QueryRefusedError, check_query, text_rules

from tests.unit.tools.corpus_files import DIALECTS, attacks

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


def _accepted() -> set[tuple[str, str]]:
    statements = [(d, sql) for d in DIALECTS for sql in (*attacks(d), *OVERSIZED)]
    return {(dialect, sql) for dialect, sql in statements if _passes(sql, dialect)}


def _passes(sql: str, dialect: str) -> bool:
    try:
        check_query(sql, dialect=dialect, tables=TABLES)
    except QueryRefusedError:
        return False
    return True


def test_all_rules_together_let_no_attack_through() -> None:
    """The ground that the mutations stand on."""
    assert _accepted() == set()


@pytest.mark.parametrize(("module", "name", "rule"), RULES)
def test_without_any_one_rule_an_attack_gets_through(
    module: ModuleType, name: str, rule: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No rule is there for nothing, and none could vanish without a test that fails."""
    rules = getattr(module, name)

    monkeypatch.setattr(module, name, tuple(each for each in rules if each is not rule))

    assert _accepted()


def test_every_rule_of_the_modules_is_in_force() -> None:
    """A rule that somebody writes and forgets to list would protect nobody."""
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
