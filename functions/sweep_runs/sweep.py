"""Sweeps runs: starts those without an execution, ends those long past their deadline."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from understudy.domain.runs import Run, RunStatus
from understudy.observability import Metric, emit, log_unforeseen, logger
from understudy.ports import Executions
from understudy.runs.end import RunEnder
from understudy.runs.record import RunRecorder

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.runs import Runs

GRACE_SECONDS = 60
"""How long after its deadline a run is left to its execution, which normally ends it."""

UNSTARTED_SECONDS = 60
"""How long after its creation an execution may need for its first step."""

BATCH = 100


@dataclass(frozen=True)
class RunSweeper:
    """Repairs runs that a crash left behind."""

    runs: "Runs"
    executions: Executions
    ender: RunEnder
    recorder: RunRecorder
    now: Callable[[], float]

    def sweep(self) -> dict[str, Any]:
        """Handles the most overdue runs first and leaves the rest to the next sweep."""
        now, counts, ages = self.now(), Counter[str](), [0.0]
        for ids in self.runs.not_taken_up(BATCH):
            with _one(ids, counts):
                run = self.runs.get(*ids)
                if run is not None and _is_unstarted(run, now):
                    self.executions.start(run)
                    counts["started"] += 1
                    logger.warning("run_started_late")
        overdue = self.runs.overdue(int(now) - GRACE_SECONDS, BATCH)
        for ids in overdue:
            with _one(ids, counts):
                run = self.runs.get(*ids)
                if run is not None and not run.status.is_final:
                    ages.append(now - run.deadline)
                    self._close(run)
                    counts["closed"] += 1
        if counts["closed"]:  # a metric every minute would dominate the bill of an idle stack
            emit({Metric.RUNS_SWEPT: counts["closed"], Metric.OLDEST_OVERDUE_SECONDS: max(ages)})
        return {
            "found": len(overdue),
            **{name: counts[name] for name in ("started", "closed", "broken")},
        }

    def _close(self, run: Run) -> None:
        ended = self.ender.end(run, RunStatus.EXPIRED)
        logger.warning("run_swept", status=str(ended.status))
        self.recorder.record(ended)


@contextmanager
def _one(ids: tuple[str, str, str], counts: Counter[str]) -> Iterator[None]:
    """Handles one run, with its ids in the log; an error does not stop the sweep of the others."""
    tenant, thread_id, run_id = ids
    with logger.append_context_keys(tenant=tenant, thread_id=thread_id, run_id=run_id):
        try:
            yield
        except Exception as error:  # noqa: BLE001  the next sweep retries this run
            counts["broken"] += 1
            log_unforeseen(error)


def _is_unstarted(run: Run, now: float) -> bool:
    """Returns whether the run's execution seems not to have started; starting it is idempotent."""
    waited = now - run.created_at >= UNSTARTED_SECONDS
    return waited and not run.status.is_final and now < run.deadline
