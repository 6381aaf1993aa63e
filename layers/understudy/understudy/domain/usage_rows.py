"""The row of the usage ledger that counts an ended run, and the run's entry in it."""

import json
from typing import Final

from understudy.domain.runs import Run
from understudy.domain.usage import COUNTED, CountedRun, UsageRow, UsageTotals, day_of, run_totals
from understudy.errors import RunError

SLOT_SECONDS: Final = 30
"""The period of one row: it counts the runs that ended within it. It must divide a day."""

MAX_METADATA_BYTES: Final = 256
"""Bytes of a run's metadata that the ledger keeps, so that a row of few runs is one write unit."""


def usage_row(run: Run) -> UsageRow:
    """Returns the run as the ledger counts it, under the day (UTC) on which it ended.

    Raises RunError for a run that has not ended.
    """
    return UsageRow(
        day=day_of(_ended_at(run)),
        user_id=run.user_id,
        assistant_id=run.assistant_id,
        model=run.usage[-1].model if run.usage else run.config.model,
        api_key=run.api_key,
        totals=run_totals(run.usage),
    )


def row_name(run: Run) -> str:
    """Returns the number of the run's row within its day."""
    return row_number(_ended_at(run))


def row_number(moment: float) -> str:
    """Returns the number of the row, within its day, that counts what ends at a Unix time."""
    return f"{int(moment) % 86_400 // SLOT_SECONDS:04d}"


def run_entry(run: Run) -> str:
    """Returns the run's entry in its row: its ids, its amounts, and metadata if it has some."""
    totals = run_totals(run.usage)
    entry: list[object] = [run.id, run.thread_id, [getattr(totals, name) for name in COUNTED]]
    if kept := _kept_metadata(run.metadata):
        entry.append(kept)
    return json.dumps(entry, separators=(",", ":"), ensure_ascii=False)


def read_entry(text: str) -> CountedRun:
    """Returns the run of an entry."""
    run_id, thread_id, amounts, *more = json.loads(text)
    totals = UsageTotals(**dict(zip(COUNTED, amounts, strict=True)))
    metadata = more[0] if more else {}
    return CountedRun(run_id=run_id, thread_id=thread_id, totals=totals, metadata=metadata)


def _kept_metadata(metadata: dict[str, str]) -> dict[str, str]:
    """Returns the shortest pairs, as many as the ledger keeps."""
    kept: dict[str, str] = {}
    size = 0
    for name, value in sorted(metadata.items(), key=lambda pair: len(pair[0]) + len(pair[1])):
        size += len((name + value).encode("utf-8", "surrogatepass"))
        if size > MAX_METADATA_BYTES:
            break
        kept[name] = value
    return kept


def _ended_at(run: Run) -> int:
    if run.ended_at is None:
        raise RunError(f"run {run.id} has not ended")
    return run.ended_at
