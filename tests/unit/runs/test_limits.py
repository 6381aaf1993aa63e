"""Budgets: money is held before a run starts."""

from typing import Any

import pytest
from understudy.domain.budgets import Limits, RunBudget
from understudy.errors import LimitExceededError
from understudy.services import Services

from tests.unit import stage

DAY = "2027-01-15"


def test_concurrent_runs_do_not_exceed_the_budget(services: Services) -> None:
    """Each run holds its cap, so runs that start at once cannot spend the same money."""
    limits = Limits(tenant_day_usd=1, user_day_usd=10, run_usd=0.25)

    def hold() -> None:
        services.usage_limits.hold(tenant=stage.TENANT, user_id="u1", limits=limits)

    for _ in range(4):
        hold()
    with pytest.raises(LimitExceededError) as refused:
        hold()

    assert refused.value.code == "budget_exceeded"
    assert refused.value.retry_after is None


def test_refused_run_holds_nothing(services: Services) -> None:
    """If the user's budget is used up, the hold on the tenant's is released."""
    limits = Limits(tenant_day_usd=1, user_day_usd=0)

    with pytest.raises(LimitExceededError):
        services.usage_limits.hold(tenant=stage.TENANT, user_id="u1", limits=limits)

    name = f"{DAY}#tenant"
    assert services.budgets.spent(stage.TENANT, [name]) == {name: 0}


def test_new_day_has_a_new_budget(services: Services, clock: Any) -> None:
    """The counter's name has the day."""
    limits = Limits(tenant_day_usd=0.02)

    def hold() -> RunBudget:
        return services.usage_limits.hold(tenant=stage.TENANT, user_id=None, limits=limits)

    hold()
    with pytest.raises(LimitExceededError):
        hold()
    clock.advance(24 * 3600)
    assert hold().counters == ("2027-01-16#tenant",)
