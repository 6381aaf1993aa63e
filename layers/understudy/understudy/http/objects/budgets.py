"""Budgets, with what is left of them."""

from typing import Literal

from typing_extensions import TypedDict

from understudy.domain.budgets import Counter, Scope
from understudy.domain.usage import NANO


class BudgetObject(TypedDict):
    """A budget of the tenant or of one user. `used_usd` includes what open runs hold."""

    object: Literal["budget"]
    scope: Scope
    period: str
    limit_usd: float
    used_usd: float
    left_usd: float


def budget_object(counter: Counter, used: int) -> BudgetObject:
    """Returns a budget with `used` billionths of a dollar spent or held."""
    return {
        "object": "budget",
        "scope": counter.scope,
        "period": counter.period,
        "limit_usd": counter.limit / NANO,
        "used_usd": used / NANO,
        "left_usd": max(0, counter.limit - used) / NANO,
    }
