"""Groups of usage: what one row of a report stands for, and the order of its rows."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Final, Literal

from pydantic import Field

from understudy.domain.base import MAX_METADATA_KEY
from understudy.domain.usage import UsageRow, UsageTotals

METADATA: Final = "metadata."
GROUPS: Final = "day|user|assistant|model|api_key|thread|run"

Group = Annotated[
    str, Field(pattern=rf"^({GROUPS}|metadata\..{{1,{MAX_METADATA_KEY}}})$", max_length=80)
]
Order = Literal["name", "cost"]
Sums = dict[str | None, UsageTotals]


def needs_runs(group: str) -> bool:
    """Returns whether a group needs the single runs of the rows, and not only their sums."""
    return group in ("thread", "run") or group.startswith(METADATA)


def grouped(rows: Iterable[UsageRow], group: str) -> Sums:
    """Returns totals by the value of the group, sorted by name; None comes first.

    A run is named `{thread_id}/{run_id}`, because its thread is needed to find it.
    """
    sums: Sums = {}
    for row in rows:
        for value, totals in _parts(row, group):
            sums[value] = sums.get(value, UsageTotals()).plus(totals)
    return dict(sorted(sums.items(), key=_by_name))


def by_cost(sums: Sums) -> Sums:
    """Returns the sums with the most expensive first; equal ones stay in their order."""
    return dict(sorted(sums.items(), key=lambda entry: -entry[1].nano_usd))


def _by_name(entry: tuple[str | None, UsageTotals]) -> tuple[bool, str]:
    return entry[0] is not None, entry[0] or ""


def _parts(row: UsageRow, group: str) -> Iterator[tuple[str | None, UsageTotals]]:
    if group.startswith(METADATA):
        name = group.removeprefix(METADATA)
        return ((run.metadata.get(name), run.totals) for run in row.runs)
    match group:
        case "thread":
            return ((run.thread_id, run.totals) for run in row.runs)
        case "run":
            return ((f"{run.thread_id}/{run.run_id}", run.totals) for run in row.runs)
        case "user":
            return iter([(row.user_id, row.totals)])
        case "assistant":
            return iter([(row.assistant_id, row.totals)])
        case "model":
            return iter([(row.model, row.totals)])
        case "api_key":
            return iter([(row.api_key, row.totals)])
        case _:
            return iter([(row.day, row.totals)])
