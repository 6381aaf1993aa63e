"""Deletes a thread and cancels its open run."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from understudy.domain.runs import CANCELLABLE, RunStatus

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.runs import Runs
    from understudy.adapters.dynamodb.threads import Threads


def delete_thread(
    threads: "Threads", runs: "Runs", wake: Callable[[str], object], tenant: str, thread_id: str
) -> bool:
    """Deletes the thread; returns False for an unknown one. clean_up_thread removes its contents.

    A run that has started is cancelled first, so that its model and its tools stop. Those in the
    queue never start.
    """
    thread = runs.thread(tenant, thread_id)
    if thread is None:
        return False
    if thread.active_run_id is not None:
        run = runs.get(tenant, thread_id, thread.active_run_id)
        started = run is not None and run.waiting is None
        moved = run and started and runs.move(run, RunStatus.CANCELLING, among=CANCELLABLE)
        if moved:
            wake(moved.wait_id)
    return threads.delete(tenant, thread_id)
