"""Cancels a run that waits in its thread's queue."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from understudy.domain.runs import Run, RunStatus
from understudy.errors import StorageUnavailableError, WriteRefusedError, not_found

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.run_queues import RunQueues
    from understudy.adapters.dynamodb.runs import Runs

ATTEMPTS = 20
"""Other clients may change the queue at the same time; one of them succeeds each time."""


def cancel_queued_run(runs: "Runs", queues: "RunQueues", now: Callable[[], float], run: Run) -> Run:
    """Ends the run at once, because nothing works on it, and returns it as cancelled.

    Returns it as it is if it has left the queue since it was read: it has started or ended.
    """
    for _ in range(ATTEMPTS):
        thread = runs.thread(run.tenant, run.thread_id)
        current = runs.get(run.tenant, run.thread_id, run.id)
        if thread is None or current is None:
            raise not_found("run", run.id)
        if current.waiting is None or current.status.is_final:
            return current
        over = {"status": RunStatus.CANCELLED, "ended_at": int(now())}
        try:
            queues.leave(current.model_copy(update=over), thread)
        except WriteRefusedError:
            continue
        return current.model_copy(update=over)
    raise StorageUnavailableError(f"the thread's queue changed {ATTEMPTS} times")
