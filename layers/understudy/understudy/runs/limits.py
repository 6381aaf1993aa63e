"""Money is set aside for a run before anything is sent, and refused where there is none left."""

from collections.abc import Iterator
from contextlib import contextmanager

from understudy.domain.api_keys import newest_valid
from understudy.domain.budgets import Counter, Limits, RunBudget, nano_usd, settle_limits
from understudy.errors import LimitExceededError, RequestError
from understudy.observability import Metric, emit, logger
from understudy.ports import Ports

NEAR_PERCENT = 80
"""From here on the log names the tenant; the alarm of the template has the same threshold."""


def limits_of_tenant(ports: Ports, tenant: str) -> Limits | None:
    """What a tenant may do where no key is shown: what its newest valid key has."""
    newest = newest_valid(ports.api_keys.of_tenant(tenant))
    return settle_limits(newest.limits if newest else None, ports.settings.default_budgets)


def hold_budgets(ports: Ports, *, tenant: str, user_id: str | None, limits: Limits) -> RunBudget:
    """Puts a hold on every budget that a run of this user counts against.

    Raises LimitExceededError if one of them is used up; nothing is held then. Costs one write for
    each budget that is set, none without.
    """
    amount = limits.hold()
    held: list[str] = []
    for counter in limits.counters(user_id, ports.now()):
        taken = ports.budgets.hold(tenant, counter, amount)
        if taken is None:
            ports.budgets.add(tenant, held, -amount)
            emit({Metric.BUDGET_REFUSALS: 1})
            raise _used_up(counter)
        held.append(counter.name)
        if counter.scope == "tenant":  # that one user of many is near a limit alarms nobody
            _measure(counter, 100 * taken / counter.limit)
    cap = None if limits.run_usd is None else nano_usd(limits.run_usd)
    return RunBudget(cap=cap, held=amount if held else 0, counters=tuple(held))


@contextmanager
def budgeted(
    ports: Ports, tenant: str, user_id: str | None, limits: Limits | None
) -> Iterator[RunBudget | None]:
    """Holds while the run is prepared, and takes the holds off again if it is refused meanwhile."""
    if limits is None:
        yield None
        return
    budget = hold_budgets(ports, tenant=tenant, user_id=user_id, limits=limits)
    try:
        yield budget
    except RequestError:
        release_budget(ports, tenant, budget)
        raise


def release_budget(ports: Ports, tenant: str, budget: RunBudget | None) -> None:
    """Takes the holds of a run off again: it was not created after all."""
    if budget is not None:
        ports.budgets.add(tenant, budget.counters, -budget.held)


def _measure(counter: Counter, percent: float) -> None:
    emit({Metric.BUDGET_USED_PERCENT: percent})
    if percent >= NEAR_PERCENT:
        logger.warning("budget_near", period=counter.period, percent=round(percent))


def _used_up(counter: Counter) -> LimitExceededError:
    logger.warning("budget_exceeded", scope=counter.scope, period=counter.period)
    whose = "your organization" if counter.scope == "tenant" else "this user"
    return LimitExceededError(
        f"The budget of {whose} for {counter.period} is used up. Ask the operator of this "
        "deployment to raise it, or wait for the next period.",
        code="budget_exceeded",
    )
