"""Records ended runs: their events, the usage ledger with their budgets, and their metrics.

The ledger counts a run once. The event is published first: if the function crashes in between, the
retry publishes it again, so consumers deduplicate by `run_id`. The metrics are emitted last.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from understudy.domain.base import Json
from understudy.domain.run_errors import ProviderFailure
from understudy.domain.runs import Run, RunStatus
from understudy.domain.usage import run_cost, run_totals
from understudy.observability import Metric, emit, logger
from understudy.ports import RunEvents

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.usage import Usage


@dataclass(frozen=True)
class RunRecorder:
    """Records ended runs."""

    usage: "Usage"
    run_events: RunEvents

    def record(self, runs: Sequence[Run]) -> None:
        """Records the runs that the ledger has not counted yet.

        Raises StorageUnavailableError if the table or the event bus cannot be reached; the call
        should be retried then.
        """
        fresh = self.usage.uncounted(runs)
        self.run_events.ended(fresh)
        for run in self.usage.count(fresh):
            ids = {"tenant": run.tenant, "thread_id": run.thread_id, "run_id": run.id}
            with logger.append_context_keys(**ids):
                _measure(run)


def _measure(run: Run) -> None:
    totals, cost = run_totals(run.usage), run_cost(run.usage)
    seconds = (run.ended_at or run.begun_at) - run.begun_at
    emit({Metric.RUNS: 1}, status=str(run.status))
    if run.last_error is not None:
        emit({Metric.RUN_ERRORS: 1}, error_code=run.last_error.measured_code)
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
    logger.info(
        "run_ended", status=str(run.status), seconds=seconds, cost_usd=cost, **_error_keys(run)
    )


def _error_keys(run: Run) -> Json:
    """Returns the codes of a failed run's error. Its texts may quote contents, so they are not
    logged."""
    error = run.last_error
    if error is None:
        return {}
    provider = error.provider or ProviderFailure()
    known = {
        "error_code": error.code,
        "provider_status": provider.status,
        "provider_code": provider.code,
    }
    return {name: value for name, value in known.items() if value is not None}
