"""Budgets and rate limits of a key's tenant.

A new run reserves (holds) an amount on each of its budgets; the hold is replaced by the real cost
after the run has ended. So a hundred runs that start at once cannot all spend the last dollar.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import Field

from understudy.domain.base import Record
from understudy.domain.usage import NANO, RoundUsage, day_of, run_nano_usd

DEFAULT_HOLD_NANO = NANO // 50
"""Two cents: the hold of a run without a cap. Most runs cost less."""

RATE_WINDOW_SECONDS = 60

Usd = float | None
Scope = Literal["tenant", "user"]
Period = Literal["day", "month"]


class Limits(Record):
    """The limits of a tenant, stored with each of its keys. None is no limit.

    Amounts are USD; days and months are UTC. `run_usd` caps the cost of one run: it is checked
    between two rounds. The rates are per key and minute.
    """

    tenant_day_usd: Usd = Field(default=None, ge=0)
    tenant_month_usd: Usd = Field(default=None, ge=0)
    user_day_usd: Usd = Field(default=None, ge=0)
    user_month_usd: Usd = Field(default=None, ge=0)
    run_usd: Usd = Field(default=None, gt=0)
    requests_per_minute: int | None = Field(default=None, ge=1)
    runs_per_minute: int | None = Field(default=None, ge=1)

    def without_rates(self) -> "Limits":
        """Returns only the budgets, for a run that no request started."""
        return self.model_copy(update={"requests_per_minute": None, "runs_per_minute": None})

    def hold(self) -> int:
        """Returns the billionths of a dollar that one run holds until its cost is known."""
        return DEFAULT_HOLD_NANO if self.run_usd is None else nano_usd(self.run_usd)

    def counters(self, user_id: str | None, now: float) -> Iterator["Counter"]:
        """Yields the budgets that a run of this user counts against now.

        A run without a user has no user budgets.
        """
        amounts: list[tuple[Scope, Period, Usd]] = [
            ("tenant", "day", self.tenant_day_usd),
            ("tenant", "month", self.tenant_month_usd),
            ("user", "day", self.user_day_usd),
            ("user", "month", self.user_month_usd),
        ]
        for scope, period, amount in amounts:
            if amount is not None and (scope == "tenant" or user_id is not None):
                whose = user_id if scope == "user" else None
                yield Counter.of(scope, period, whose, nano_usd(amount), now)


def settle_limits(own: Limits | None, defaults: Mapping[str, float]) -> Limits | None:
    """Returns a key's limits, with the deployment's defaults for those that it does not set."""
    given = own.model_dump(exclude_none=True) if own else {}
    both = {**defaults, **given}
    return Limits.model_validate(both) if both else None


class Counter(Record):
    """One budget in one period: its counter's name in the table, and its limit."""

    scope: Scope
    period: str
    name: str
    limit: int

    @classmethod
    def of(
        cls, scope: Scope, period: Period, user_id: str | None, limit: int, now: float
    ) -> "Counter":
        """Returns the counter of the period that includes `now`: `2027-01-15` or `2027-01`."""
        day = day_of(now)
        named = day if period == "day" else day[:7]
        whose = f"user#{user_id}" if scope == "user" else "tenant"
        return cls(scope=scope, period=named, name=f"{named}#{whose}", limit=limit)


class RunBudget(Record):
    """The amount that a run holds on its counters, and its cap, in billionths of a dollar.

    `exceeded` is set if the run was stopped at its cap.
    """

    cap: int | None = None
    held: int = 0
    counters: tuple[str, ...] = ()
    exceeded: bool = False

    def settlement(self, usage: list[RoundUsage]) -> dict[str, int]:
        """Returns the amount to add to each counter; a run of unknown cost keeps its hold."""
        cost = run_nano_usd(usage)
        return {} if cost is None else dict.fromkeys(self.counters, cost - self.held)

    def is_used_up(self, usage: list[RoundUsage]) -> bool:
        """Returns whether the run has reached its cap."""
        cost = run_nano_usd(usage)
        return self.cap is not None and cost is not None and cost >= self.cap


def nano_usd(usd: float) -> int:
    """Converts dollars to billionths of a dollar."""
    return round(usd * NANO)
