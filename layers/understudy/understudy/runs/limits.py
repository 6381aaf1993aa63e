"""Rate limits and budgets: money is held for a run before anything is sent to the model."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from understudy.domain.api_keys import newest_valid
from understudy.domain.budgets import (
    RATE_WINDOW_SECONDS,
    Counter,
    Limits,
    RunBudget,
    nano_usd,
    settle_limits,
)
from understudy.errors import LimitExceededError, RequestError
from understudy.observability import Metric, emit, logger

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.api_keys import ApiKeys
    from understudy.adapters.dynamodb.budgets import Budgets, RateLimits

NEAR_PERCENT = 80
"""From this share of a budget on, the log names the tenant. The template's alarm uses it too."""


def limits_of_tenant(
    api_keys: "ApiKeys", defaults: Mapping[str, float], tenant: str
) -> Limits | None:
    """Returns the limits of the tenant's newest valid key, for runs that no request started."""
    newest = newest_valid(api_keys.of_tenant(tenant))
    return settle_limits(newest.limits if newest else None, defaults)


@dataclass(frozen=True)
class UsageLimits:
    """Enforces rate limits and budgets. `now` returns Unix seconds."""

    budgets: "Budgets"
    rates: "RateLimits"
    now: Callable[[], float]

    def check_rate(
        self, key_digest: str, kind: Literal["requests", "runs"], limit: int | None
    ) -> None:
        """Counts one use of a key: one write if the key has this limit, none otherwise.

        Raises LimitExceededError, with the seconds to the next window, if the limit is reached.
        """
        if limit is None or self.rates.take(key_digest, kind, limit):
            return
        emit({Metric.RATE_LIMIT_REFUSALS: 1})
        wait = RATE_WINDOW_SECONDS - int(self.now()) % RATE_WINDOW_SECONDS
        raise LimitExceededError(
            f"Rate limit reached for {kind}: limit {limit} per minute. "
            f"Please try again in {wait}s.",
            code="rate_limit_exceeded",
            retry_after=wait,
        )

    def hold(self, *, tenant: str, user_id: str | None, limits: Limits) -> RunBudget:
        """Holds money for one run of this user on each of its budgets: one write per budget.

        Raises LimitExceededError if a budget is used up; no hold is left then.
        """
        amount = limits.hold()
        held: list[str] = []
        for counter in limits.counters(user_id, self.now()):
            total = self.budgets.hold(tenant, counter, amount)
            if total is None:
                self.budgets.add(tenant, held, -amount)
                emit({Metric.BUDGET_REFUSALS: 1})
                raise _used_up(counter)
            held.append(counter.name)
            if counter.scope == "tenant":  # there is no alarm on the budget of a single user
                _measure(counter, 100 * total / counter.limit)
        cap = None if limits.run_usd is None else nano_usd(limits.run_usd)
        return RunBudget(cap=cap, held=amount if held else 0, counters=tuple(held))

    @contextmanager
    def held(
        self, tenant: str, user_id: str | None, limits: Limits | None
    ) -> Iterator[RunBudget | None]:
        """Holds money while a run is prepared; a RequestError inside the block releases it."""
        if limits is None:
            yield None
            return
        budget = self.hold(tenant=tenant, user_id=user_id, limits=limits)
        try:
            yield budget
        except RequestError:
            self.release(tenant, budget)
            raise

    def release(self, tenant: str, budget: RunBudget | None) -> None:
        """Releases the holds of a run that was not created."""
        if budget is not None:
            self.budgets.add(tenant, budget.counters, -budget.held)


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
