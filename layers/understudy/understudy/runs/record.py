"""Recording a run that has ended: the ledger, its budgets, the event, the metrics.

Every way to the end of a run comes here, some of them twice. The ledger takes a run once, whatever
happens; the event and the metrics come after it and are given again if a crash fell in between, so
whoever reads events goes by `run_id`.
"""

from understudy.domain.runs import Run, RunStatus
from understudy.domain.usage import UsageRow, day_of, run_cost, run_totals
from understudy.errors import RunError
from understudy.observability import Metric, emit, logger
from understudy.ports import Ports


def record_run(ports: Ports, run: Run) -> None:
    """Adds the run to what its tenant used and tells the world; does nothing the second time.

    Raises StorageUnavailableError where the table or the event bus does not answer: the run should
    be recorded again then. Raises RunError for a run that has not ended.
    """
    if not run.status.is_final or run.ended_at is None:
        raise RunError(f"run {run.id} has not ended")
    if not ports.usage.record(run, usage_row(run, run.ended_at)):
        return
    ports.run_events.ended(run)
    _measure(run, run.ended_at)
    ports.usage.announced(run)


def usage_row(run: Run, ended_at: int) -> UsageRow:
    """The run as the ledger counts it, under the day (UTC) on which it ended."""
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
