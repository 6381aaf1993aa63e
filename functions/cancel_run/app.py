"""State CancelRun: ends a run that is cancelled, expired or failed, and everything it started."""

from understudy.domain.models import resolve_model
from understudy.domain.run_errors import caught_error
from understudy.domain.runs import RunStatus
from understudy.runs.progress import Progress, RunRef
from understudy.services import Services
from understudy.tasks import run_task

from .written import written_text

ENDS = {
    RunStatus.CANCELLING: RunStatus.CANCELLED,
    RunStatus.EXPIRED: RunStatus.EXPIRED,
}
"""The final status by the status in the progress; every other one is a failure."""


@run_task
def handler(ref: RunRef, services: Services) -> Progress:
    """Ends the run as `progress` says; a run whose step raised an error has failed.

    A run that was interrupted by another one leaves the text that its model has written.
    """
    run = services.runs.get_open(*ref.ids)
    status = ENDS.get(ref.progress.status, RunStatus.FAILED)
    model = resolve_model(run.config.model, services.settings.model_aliases)
    run = services.run_ender.end(
        run,
        status,
        caught_error(ref.progress.error, run.failure, model),
        written=lambda stopped: written_text(services, stopped),
    )
    return services.pacing.progress(run)
