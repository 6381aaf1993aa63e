"""Budgets: the counters of a run, its hold, and its cap."""

import pytest
from pydantic import ValidationError
from understudy.domain.budgets import DEFAULT_HOLD_NANO, Limits, RunBudget, settle_limits
from understudy.domain.usage import NANO, RoundUsage

NOW = 1_800_000_000.0  # 2027-01-15 08:00 UTC


def turn(cost_usd: float | None) -> RoundUsage:
    return RoundUsage(response_id="resp_1", model="gpt-6-luna", cost_usd=cost_usd)


def test_run_counts_against_every_budget() -> None:
    """Of the tenant and of the user, for the day and the month, each with its limit."""
    limits = Limits(tenant_day_usd=5, tenant_month_usd=100, user_day_usd=1, user_month_usd=10)

    counters = {counter.name: counter.limit for counter in limits.counters("u#1", NOW)}

    assert counters == {
        "2027-01-15#tenant": 5 * NANO,
        "2027-01#tenant": 100 * NANO,
        "2027-01-15#user#u#1": 1 * NANO,
        "2027-01#user#u#1": 10 * NANO,
    }


def test_run_without_user_has_no_user_budgets() -> None:
    """Only the tenant's budgets have a hold."""
    limits = Limits(tenant_day_usd=5, user_day_usd=1)

    assert [counter.scope for counter in limits.counters(None, NOW)] == ["tenant"]


def test_rates_alone_need_no_counter() -> None:
    """A tenant with rate limits only has no writes for budgets."""
    assert list(Limits(requests_per_minute=10).counters("u1", NOW)) == []


def test_run_holds_its_cap_or_two_cents() -> None:
    """The hold is the cap of the run, or a default if it has no cap."""
    assert Limits(run_usd=0.5).hold() == NANO // 2
    assert Limits().hold() == DEFAULT_HOLD_NANO


def test_settlement_replaces_hold_with_cost() -> None:
    """Each counter gets the difference between cost and hold, which may be negative."""
    budget = RunBudget(held=20, counters=("a", "b"))

    assert budget.settlement([turn(30 / NANO)]) == {"a": 10, "b": 10}
    assert budget.settlement([]) == {"a": -20, "b": -20}


def test_run_of_unknown_cost_keeps_its_hold() -> None:
    """A run of unknown cost is not counted as free."""
    assert RunBudget(held=20, counters=("a",)).settlement([turn(None)]) == {}


def test_run_whose_cost_equals_its_cap_is_used_up() -> None:
    """A run without a cap, or of unknown cost, is never used up."""
    capped = RunBudget(cap=NANO // 100)

    assert not capped.is_used_up([turn(0.009)])
    assert capped.is_used_up([turn(0.009), turn(0.001)])
    assert not capped.is_used_up([turn(None)])
    assert not RunBudget().is_used_up([turn(1000)])


@pytest.mark.parametrize(
    "wrong", [{"run_usd": 0}, {"tenant_day_usd": -1}, {"requests_per_minute": 0}]
)
def test_negative_limits_and_zero_rates_are_rejected(wrong: dict[str, float]) -> None:
    """A budget of zero is valid, because it stops all runs; a rate or cap of zero is not."""
    with pytest.raises(ValidationError):
        Limits.model_validate(wrong)


def test_limits_of_key_override_defaults() -> None:
    """Each limit separately; a limit that neither sets is None."""
    own = Limits(run_usd=2)

    assert settle_limits(own, {"run_usd": 1, "user_day_usd": 0.5}) == Limits(
        run_usd=2, user_day_usd=0.5
    )
    assert settle_limits(None, {"run_usd": 1}) == Limits(run_usd=1)
    assert settle_limits(own, {}) == own


def test_settled_limits_without_any_limit_are_none() -> None:
    """Also if a key's limits were all removed."""
    assert settle_limits(None, {}) is None
    assert settle_limits(Limits(), {}) is None
