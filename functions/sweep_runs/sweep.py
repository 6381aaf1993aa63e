"""Sweeps open runs: starts those without an execution, ends those long past their deadline.

Runs in a thread's queue are started if the run before them has ended unnoticed.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from understudy.domain.deadlines import UNSTARTED_SECONDS, last_sweep
from understudy.domain.run_errors import last_error
from understudy.domain.runs import Run, RunStatus
from understudy.observability import Metric, emit, log_unforeseen, logger
from understudy.ports import Executions
from understudy.runs.end import RunEnder
from understudy.runs.promote import RunPromotion

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.open_runs import OpenRuns
    from understudy.adapters.dynamodb.runs import Runs
    from understudy.adapters.dynamodb.threads import Threads

BATCH = 100
"""Runs of one hash value of the index."""

RESERVED_SECONDS = 20
"""A sweep leaves the rest to the next one when less of the function's time remains: a provider that
does not respond takes most of that to end one run."""


@dataclass(frozen=True)
class RunSweeper:
    """Repairs runs that a crash left behind."""

    runs: "Runs"
    open_runs: "OpenRuns"
    threads: "Threads"
    executions: Executions
    ender: RunEnder
    promotion: Callable[[], RunPromotion]
    now: Callable[[], float]
    remaining: Callable[[], float]
    """Returns the seconds that the function may still take."""

    def sweep(self) -> dict[str, Any]:
        """Handles the runs that are due, the longest overdue first."""
        counts, ages = Counter[str](), [0.0]
        found = self.open_runs.due(int(self.now()), BATCH)
        for ids in found:
            if self.remaining() < RESERVED_SECONDS:
                logger.warning("sweep_unfinished", left=len(found) - counts["seen"])
                break
            counts["seen"] += 1
            with _one(ids, counts):
                run = self.runs.get(*ids)
                if run is not None and not run.status.is_final:
                    outcome = self._repair(run)
                    counts[outcome] += 1
                    if outcome == "closed":
                        ages.append(max(0.0, self.now() - run.deadline))
        if counts["closed"]:  # a metric every minute would dominate the bill of an idle stack
            emit({Metric.RUNS_SWEPT: counts["closed"], Metric.OLDEST_OVERDUE_SECONDS: max(ages)})
        return {
            "found": len(found),
            **{name: counts[name] for name in ("started", "closed", "broken")},
        }

    def _repair(self, run: Run) -> str:
        """Starts or ends the run, or postpones its sweep; returns what was done."""
        now = int(self.now())
        if run.waiting is not None:
            return self._promote(run, now)
        if now >= last_sweep(run.deadline):
            ended = self.ender.end(run, RunStatus.EXPIRED)
            logger.warning("run_swept", status=str(ended.status))
            return "closed"
        may_need_start = run.status in (RunStatus.QUEUED, RunStatus.CANCELLING)
        if not may_need_start or run.response_id or run.attempts:
            self.open_runs.sweep_again(run, last_sweep(run.deadline))
            return "working"
        thread = self.threads.get(run.tenant, run.thread_id)
        if thread is None or thread.active_run_id != run.id:  # its creation was interrupted
            error = last_error(None, "The run could not be started.")
            self.ender.end(run, RunStatus.FAILED, error)
            logger.warning("run_without_thread")
            return "closed"
        self.executions.start(run)  # idempotent
        self.open_runs.sweep_again(run, now + UNSTARTED_SECONDS)
        logger.warning("run_started_late")
        return "started"

    def _promote(self, run: Run, now: int) -> str:
        """Starts the first run of the thread's queue if it can start; returns what was done."""
        self.open_runs.sweep_again(run, now + UNSTARTED_SECONDS)  # before a rate limit sets it
        self.promotion().promote(run.tenant, run.thread_id)
        current = self.runs.get(run.tenant, run.thread_id, run.id)
        return "waiting" if current is not None and current.waiting else "started"


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
