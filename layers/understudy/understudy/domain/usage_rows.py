"""The row of the usage ledger that counts an ended run."""

from typing import Final

from understudy.domain.runs import Run
from understudy.domain.usage import UsageRow, day_of, run_totals
from understudy.errors import RunError

SLOT_SECONDS: Final = 300
"""The period of one row: it counts the runs that ended within it. It must divide a day."""


def usage_row(run: Run) -> UsageRow:
    """Returns the run as the ledger counts it, under the day (UTC) on which it ended.

    Raises RunError for a run that has not ended.
    """
    return UsageRow(
        day=day_of(_ended_at(run)),
        user_id=run.user_id,
        assistant_id=run.assistant_id,
        model=run.usage[-1].model if run.usage else run.config.model,
        totals=run_totals(run.usage),
    )


def row_name(run: Run) -> str:
    """Returns the number of the run's row within its day."""
    return row_number(_ended_at(run))


def row_number(moment: float) -> str:
    """Returns the number of the row, within its day, that counts what ends at a Unix time."""
    return f"{int(moment) % 86_400 // SLOT_SECONDS:03d}"


def _ended_at(run: Run) -> int:
    if run.ended_at is None:
        raise RunError(f"run {run.id} has not ended")
    return run.ended_at
