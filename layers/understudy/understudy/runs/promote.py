"""Starts the first run of a thread's queue, once the run before it has ended.

Two callers do this independently: record_runs when a run has ended, and sweep_runs for what it
missed. The start is one conditional transaction, so a run starts once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from understudy.domain.budgets import RATE_WINDOW_SECONDS
from understudy.domain.run_errors import last_error
from understudy.domain.runs import Run, RunStatus
from understudy.domain.threads import Thread
from understudy.errors import LimitExceededError, StorageUnavailableError, WriteRefusedError
from understudy.observability import logger
from understudy.ports import Executions
from understudy.runs.limits import UsageLimits

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.open_runs import OpenRuns
    from understudy.adapters.dynamodb.run_queues import RunQueues
    from understudy.adapters.dynamodb.runs import Runs
    from understudy.adapters.dynamodb.thread_remains import ThreadRemains
    from understudy.adapters.s3 import S3Objects

ATTEMPTS = 20
"""Clients may change the thread at the same time, and cancelled runs are skipped."""


@dataclass(frozen=True)
class RunPromotion:
    """Starts queued runs. `now` returns Unix seconds."""

    runs: "Runs"
    open_runs: "OpenRuns"
    queues: "RunQueues"
    remains: "ThreadRemains"
    objects: "S3Objects"
    executions: Executions
    limits: UsageLimits
    now: Callable[[], float]

    def promote(self, tenant: str, thread_id: str) -> None:
        """Starts the thread's next run if no run is open. Idempotent.

        A run whose rate limit is reached stays in the queue until the next minute; one whose budget
        is used up fails. Runs that were rolled back are deleted before the next one starts. Raises
        StorageUnavailableError; call it again then.
        """
        for _ in range(ATTEMPTS):
            thread = self.runs.thread(tenant, thread_id)
            if thread is None:
                return
            self._delete_rolled_back(thread)
            next_id = thread.active_run_id
            run = self.runs.get(tenant, thread_id, next_id) if next_id is not None else None
            if thread.ended_run_id is None:
                self._start_again(run)
                return
            if run is None and not (thread.run_queue or thread.rolled_back):
                return
            try:
                if run is None or run.waiting is None or run.status.is_final:
                    self.queues.forget(next_id, thread)
                elif self._start(run, thread):
                    return
            except WriteRefusedError:
                continue  # a client has changed the thread or the run
        raise StorageUnavailableError(f"the thread's queue changed {ATTEMPTS} times")

    def _start(self, run: Run, thread: Thread) -> bool:
        """Starts the run; returns False if it failed, so that the next one is tried."""
        assert run.waiting is not None  # checked by the caller
        limits, now = run.waiting.limits, int(self.now())
        budget = None
        if limits is not None:
            try:
                self.limits.check_rate(run.waiting.key_digest, "runs", limits.runs_per_minute)
            except LimitExceededError as error:
                wait = error.retry_after or RATE_WINDOW_SECONDS
                self.open_runs.sweep_again(run, now + wait)
                return True
            try:
                budget = self.limits.hold(tenant=run.tenant, user_id=run.user_id, limits=limits)
            except LimitExceededError as error:
                self._fail(run, thread, error)
                return False
        started = run.model_copy(
            update={
                "waiting": None,
                "promoted_at": now,
                "deadline": now + run.waiting.seconds,
                "budget": budget,
            }
        )
        try:
            self.queues.start(started, thread)
        except WriteRefusedError:
            self.limits.release(run.tenant, budget)
            raise
        with logger.append_context_keys(run_id=run.id):
            logger.info("run_promoted", waited=now - run.created_at)
            self.executions.start(started)
        return True

    def _fail(self, run: Run, thread: Thread, error: LimitExceededError) -> None:
        why = last_error("rate_limit_exceeded", error.message)
        over = {"status": RunStatus.FAILED, "ended_at": int(self.now()), "last_error": why}
        self.queues.leave(run.model_copy(update=over), thread)

    def _start_again(self, run: Run | None) -> None:
        """Starts the execution of a run that was promoted, if a crash may have prevented that."""
        if run is not None and run.promoted_at and run.status is RunStatus.QUEUED:
            self.executions.start(run)

    def _delete_rolled_back(self, thread: Thread) -> None:
        """Deletes the runs that were rolled back and have ended, with all that they wrote."""
        for run_id in thread.rolled_back:
            run = self.runs.get(thread.tenant, thread.id, run_id)
            if run is None or not run.status.is_final:
                continue
            self.objects.delete_below(f"bodies/toolcalls/{run.tenant}/{run.id}/")
            self.remains.discard_run(run)
