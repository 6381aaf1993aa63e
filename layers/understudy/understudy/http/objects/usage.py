"""Reports of usage and cost."""

from collections.abc import Mapping
from datetime import date
from typing import Literal, NotRequired, cast

from typing_extensions import TypedDict

from understudy.domain.usage import NANO, Group, UsageTotals


class UsageTotalsObject(TypedDict):
    """The usage of a number of runs; `runs_of_unknown_cost` had a model without a price."""

    runs: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    total_tokens: int
    cost_usd: float
    runs_of_unknown_cost: int


class UsageRowObject(UsageTotalsObject):
    """The totals of one day, user, assistant or model; the key that names it is `group_by`'s."""

    object: Literal["usage"]
    day: NotRequired[str]
    user: NotRequired[str | None]
    assistant: NotRequired[str]
    model: NotRequired[str]


class UsageReportObject(TypedDict):
    """The usage of a range of days (UTC), first and last day included."""

    object: Literal["list"]
    start: str
    end: str
    group_by: Group
    data: list[UsageRowObject]
    total: UsageTotalsObject
    has_more: bool


def usage_report_object(
    first: date, last: date, group: Group, sums: Mapping[str | None, UsageTotals]
) -> UsageReportObject:
    """Returns the report with the totals of each value of the group."""
    total = UsageTotals()
    for part in sums.values():
        total = total.plus(part)
    return {
        "object": "list",
        "start": first.isoformat(),
        "end": last.isoformat(),
        "group_by": group,
        "data": [_row(group, value, part) for value, part in sums.items()],
        "total": _totals(total),
        "has_more": False,
    }


def _row(group: Group, value: str | None, totals: UsageTotals) -> UsageRowObject:
    named = {"object": "usage", group: value, **_totals(totals)}
    return cast(UsageRowObject, named)


def _totals(totals: UsageTotals) -> UsageTotalsObject:
    return {
        "runs": totals.runs,
        "prompt_tokens": totals.prompt_tokens,
        "cached_tokens": totals.cached_tokens,
        "completion_tokens": totals.completion_tokens,
        "total_tokens": totals.prompt_tokens + totals.completion_tokens,
        "cost_usd": totals.nano_usd / NANO,
        "runs_of_unknown_cost": totals.unknown_cost_runs,
    }
