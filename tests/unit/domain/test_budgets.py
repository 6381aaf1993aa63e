"""Budgets: which counters a run counts against, what it holds, when it is at its cap."""

import pytest
from pydantic import ValidationError
from understudy.domain.budgets import DEFAULT_HOLD_NANO, Limits, RunBudget, settle_limits
from understudy.domain.usage import NANO, RoundUsage

NOW = 1_800_000_000.0  # 2027-01-15 08:00 UTC


def turn(cost_usd: float | None) -> RoundUsage:
    return RoundUsage(response_id="resp_1", model="gpt-6-luna", cost_usd=cost_usd)


def test_a_run_counts_against_every_budget_that_is_set() -> None:
    """Of the tenant and of the user, for the day and the month, each with its limit."""
    limits = Limits(tenant_day_usd=5, tenant_month_usd=100, user_day_usd=1, user_month_usd=10)

    counters = {counter.name: counter.limit for counter in limits.counters("u#1", NOW)}

    assert counters == {
        "2027-01-15#tenant": 5 * NANO,
        "2027-01#tenant": 100 * NANO,
        "2027-01-15#user#u#1": 1 * NANO,
        "2027-01#user#u#1": 10 * NANO,
    }


def test_a_run_without_a_user_has_no_budget_of_a_user() -> None:
    """Only the tenant's budgets hold it."""
    limits = Limits(tenant_day_usd=5, user_day_usd=1)

    assert [counter.scope for counter in limits.counters(None, NOW)] == ["tenant"]


def test_no_limit_is_no_counter() -> None:
    """Who has only rates set pays no write for a budget."""
    assert list(Limits(requests_per_minute=10).counters("u1", NOW)) == []


def test_a_run_holds_its_cap_or_two_cents() -> None:
    """The hold is what the run may cost, as far as that is known."""
    assert Limits(run_usd=0.5).hold() == NANO // 2
    assert Limits().hold() == DEFAULT_HOLD_NANO


def test_the_hold_becomes_the_cost() -> None:
    """Each counter gets what is missing, or is given back what was too much."""
    budget = RunBudget(held=20, counters=("a", "b"))

    assert budget.settlement([turn(30 / NANO)]) == {"a": 10, "b": 10}
    assert budget.settlement([]) == {"a": -20, "b": -20}


def test_a_run_of_unknown_cost_stays_at_its_hold() -> None:
    """Nobody knows what it cost, so it is not counted as free."""
    assert RunBudget(held=20, counters=("a",)).settlement([turn(None)]) == {}


def test_a_run_is_at_its_cap_when_it_has_cost_as_much() -> None:
    """Exactly the cap is enough; without a cap, or without a known cost, it never is."""
    capped = RunBudget(cap=NANO // 100)

    assert not capped.is_used_up([turn(0.009)])
    assert capped.is_used_up([turn(0.009), turn(0.001)])
    assert not capped.is_used_up([turn(None)])
    assert not RunBudget().is_used_up([turn(1000)])


@pytest.mark.parametrize(
    "wrong", [{"run_usd": 0}, {"tenant_day_usd": -1}, {"requests_per_minute": 0}]
)
def test_limits_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    """A budget of nothing stops everything, which may be meant; a rate or cap of nothing is not."""
    with pytest.raises(ValidationError):
        Limits.model_validate(wrong)


def test_a_tenants_own_limits_come_before_the_deployments() -> None:
    """One by one; what neither has is no limit."""
    own = Limits(run_usd=2)

    assert settle_limits(own, {"run_usd": 1, "user_day_usd": 0.5}) == Limits(
        run_usd=2, user_day_usd=0.5
    )
    assert settle_limits(None, {"run_usd": 1}) == Limits(run_usd=1)
    assert settle_limits(own, {}) == own


def test_no_limits_at_all_cost_nothing() -> None:
    """None, so that nobody looks at them; limits that were all taken away are none too."""
    assert settle_limits(None, {}) is None
    assert settle_limits(Limits(), {}) is None
