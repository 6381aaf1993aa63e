"""Budgets and rate limits: what a key's tenant may spend and how often it may ask.

A budget holds before the money is gone, not after: a run puts a hold on every budget it counts
against when it is created, and the hold becomes the real cost when the run has ended. So a hundred
runs that start at the same moment cannot all find the same last dollar unspent.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import Field

from understudy.domain.base import Record
from understudy.domain.usage import NANO, RoundUsage, day_of, run_nano_usd

DEFAULT_HOLD_NANO = NANO // 50
"""Two cents: what a run without a cap of its own holds. Above what most runs cost."""

RATE_WINDOW_SECONDS = 60

Usd = float | None
Scope = Literal["tenant", "user"]
Period = Literal["day", "month"]


class Limits(Record):
    """What an operator allows a tenant, stored with each of its keys. None is no limit.

    Amounts are USD; days and months are UTC. `run_usd` is what one run may cost before it is
    stopped between two turns. The rates are per key and minute.
    """

    tenant_day_usd: Usd = Field(default=None, ge=0)
    tenant_month_usd: Usd = Field(default=None, ge=0)
    user_day_usd: Usd = Field(default=None, ge=0)
    user_month_usd: Usd = Field(default=None, ge=0)
    run_usd: Usd = Field(default=None, gt=0)
    requests_per_minute: int | None = Field(default=None, ge=1)
    runs_per_minute: int | None = Field(default=None, ge=1)

    def without_rates(self) -> "Limits":
        """The budgets alone, for a run that comes by no key."""
        return self.model_copy(update={"requests_per_minute": None, "runs_per_minute": None})

    def hold(self) -> int:
        """Billionths of a dollar that one run holds until its cost is known."""
        return DEFAULT_HOLD_NANO if self.run_usd is None else nano_usd(self.run_usd)

    def counters(self, user_id: str | None, now: float) -> Iterator["Counter"]:
        """The budgets that a run of this user counts against now. A run without a user has none
        of the user's."""
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
    """A key's limits; where it has none of its own, the deployment's count."""
    given = own.model_dump(exclude_none=True) if own else {}
    both = {**defaults, **given}
    return Limits.model_validate(both) if both else None


class Counter(Record):
    """One budget in one period: the counter's name in the table, and its limit."""

    scope: Scope
    period: str
    name: str
    limit: int

    @classmethod
    def of(
        cls, scope: Scope, period: Period, user_id: str | None, limit: int, now: float
    ) -> "Counter":
        """The counter of the period that `now` is in, `2027-01-15` or `2027-01`."""
        day = day_of(now)
        named = day if period == "day" else day[:7]
        whose = f"user#{user_id}" if scope == "user" else "tenant"
        return cls(scope=scope, period=named, name=f"{named}#{whose}", limit=limit)


class RunBudget(Record):
    """What a run holds, and on which counters; `cap` is what it may cost. Billionths of a dollar.

    `exceeded` says that the run was stopped at its cap.
    """

    cap: int | None = None
    held: int = 0
    counters: tuple[str, ...] = ()
    exceeded: bool = False

    def settlement(self, turns: list[RoundUsage]) -> dict[str, int]:
        """What is still to be added to each counter. A run of unknown cost stays at its hold."""
        cost = run_nano_usd(turns)
        return {} if cost is None else dict.fromkeys(self.counters, cost - self.held)

    def is_used_up(self, turns: list[RoundUsage]) -> bool:
        """Whether the run may not take another turn."""
        cost = run_nano_usd(turns)
        return self.cap is not None and cost is not None and cost >= self.cap


def nano_usd(usd: float) -> int:
    """Dollars as billionths of a dollar."""
    return round(usd * NANO)
