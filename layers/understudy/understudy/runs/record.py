"""Records a run that has ended: the usage ledger, its budgets, the event, the metrics.

A run may be recorded several times. The ledger counts it once; the event and the metrics follow
it, and are repeated if a crash fell in between, so consumers of events deduplicate by `run_id`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from understudy.domain.runs import Run, RunStatus
from understudy.domain.usage import UsageRow, day_of, run_cost, run_totals
from understudy.errors import RunError
from understudy.observability import Metric, emit, logger
from understudy.ports import RunEvents

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.usage import Usage


@dataclass(frozen=True)
class RunRecorder:
    """Records ended runs."""

    usage: "Usage"
    run_events: RunEvents

    def record(self, run: Run) -> None:
        """Adds the run to its tenant's usage and publishes its end; idempotent.

        Raises StorageUnavailableError if the table or the event bus cannot be reached; the call
        should be retried then. Raises RunError for a run that has not ended.
        """
        if not run.status.is_final or run.ended_at is None:
            raise RunError(f"run {run.id} has not ended")
        if not self.usage.record(run, usage_row(run, run.ended_at)):
            return
        self.run_events.ended(run)
        _measure(run, run.ended_at)
        self.usage.announced(run)


def usage_row(run: Run, ended_at: int) -> UsageRow:
    """Returns the run as the ledger counts it, under the day (UTC) on which it ended."""
    return UsageRow(
        day=day_of(ended_at),
        user_id=run.user_id,
        assistant_id=run.assistant_id,
        model=run.usage[-1].model if run.usage else run.config.model,
        totals=run_totals(run.usage),
    )


def _measure(run: Run, ended_at: int) -> None:
    totals, cost = run_totals(run.usage), run_cost(run.usage)
    seconds = ended_at - run.created_at
    emit({Metric.RUNS: 1}, status=str(run.status))
    emit(
        {
            Metric.RUN_SECONDS: seconds,
            Metric.PROMPT_TOKENS: totals.prompt_tokens,
            Metric.COMPLETION_TOKENS: totals.completion_tokens,
            Metric.RUNS_DEGRADED: int(run.degraded and run.status is not RunStatus.FAILED),
            Metric.RUNS_OVER_BUDGET: int(bool(run.budget and run.budget.exceeded)),
            Metric.RUNS_OF_UNKNOWN_COST: totals.unknown_cost_runs,
            **({} if cost is None else {Metric.COST_USD: cost}),
        }
    )
    logger.info("run_ended", status=str(run.status), seconds=seconds, cost_usd=cost)
