"""State RecordRun: adds the run to the ledger and tells the world how it ended."""

from understudy.domain.runs import RunStatus
from understudy.runs.progress import Progress, RunRef, progress_of
from understudy.runs.record import record_run
from understudy.services import Services
from understudy.tasks import run_task


@run_task
def handler(ref: RunRef, services: Services) -> Progress:
    """A run whose thread was deleted meanwhile is gone; to the state machine it was cancelled."""
    run = services.runs.get(ref.tenant, ref.thread_id, ref.run_id)
    if run is None:
        return Progress(status=RunStatus.CANCELLED)
    record_run(services, run)
    return progress_of(run, run.status, now=services.now())
