"""Reports of usage and cost."""

from datetime import date
from itertools import islice
from typing import Literal, NotRequired, cast

from typing_extensions import TypedDict

from understudy.domain.usage import NANO, UsageTotals
from understudy.domain.usage_groups import METADATA, Sums


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
    """The totals of one day, user, thread, … The member that names it is `group_by`'s.

    `api_key` is the beginning of the key's hash, as `understudy api-key list` shows it. `metadata`
    is the value of the pair, null for runs without it. A run is named with its thread.
    """

    object: Literal["usage"]
    day: NotRequired[str]
    user: NotRequired[str | None]
    assistant: NotRequired[str]
    model: NotRequired[str]
    api_key: NotRequired[str | None]
    thread: NotRequired[str]
    run: NotRequired[str]
    metadata: NotRequired[str | None]


class UsageReportObject(TypedDict):
    """The usage of a range of days (UTC), first and last day included.

    `total` is of all rows; `has_more` says that `limit` has cut some.
    """

    object: Literal["list"]
    start: str
    end: str
    group_by: str
    data: list[UsageRowObject]
    total: UsageTotalsObject
    has_more: bool


def usage_report_object(
    first: date, last: date, group: str, sums: Sums, limit: int
) -> UsageReportObject:
    """Returns the report with the totals of the first `limit` values of the group."""
    total = UsageTotals()
    for part in sums.values():
        total = total.plus(part)
    return {
        "object": "list",
        "start": first.isoformat(),
        "end": last.isoformat(),
        "group_by": group,
        "data": [_row(group, value, part) for value, part in islice(sums.items(), limit)],
        "total": _totals(total),
        "has_more": len(sums) > limit,
    }


def _row(group: str, value: str | None, totals: UsageTotals) -> UsageRowObject:
    return cast(UsageRowObject, {"object": "usage", **_named(group, value), **_totals(totals)})


def _named(group: str, value: str | None) -> dict[str, str | None]:
    if group == "run":
        thread_id, _, run_id = (value or "").partition("/")
        return {"run": run_id, "thread": thread_id}
    return {"metadata" if group.startswith(METADATA) else group: value}


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
