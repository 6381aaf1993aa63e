"""State RecordRun: adds the run to the usage ledger and publishes its end."""

from understudy.domain.runs import RunStatus
from understudy.runs.progress import Progress, RunRef
from understudy.services import Services
from understudy.tasks import run_task


@run_task
def handler(ref: RunRef, services: Services) -> Progress:
    """A run whose thread was deleted counts as cancelled for the state machine."""
    run = services.runs.get(*ref.ids)
    if run is None:
        return Progress(status=RunStatus.CANCELLED)
    services.run_recorder.record(run)
    return services.pacing.progress(run)
