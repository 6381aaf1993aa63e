"""Deleting a thread, and ending the run that works on it."""

from understudy.domain.runs import CANCELLABLE, RunStatus
from understudy.ports import Ports
from understudy.runs.wake import wake


def delete_thread(ports: Ports, tenant: str, thread_id: str) -> bool:
    """Whether there was one. What hangs on it is cleaned up from the table's stream.

    An active run is cancelled first, so that its model and its tools do not go on for nobody.
    """
    thread = ports.threads.get(tenant, thread_id)
    if thread is None:
        return False
    if thread.active_run_id is not None:
        run = ports.runs.get(tenant, thread_id, thread.active_run_id)
        moved = run and ports.runs.move(run, RunStatus.CANCELLING, among=CANCELLABLE)
        if moved:
            wake(ports.runs, ports.executions, moved)
    return ports.threads.delete(tenant, thread_id)
