"""State FetchResponse: makes the model's answer a message of the thread and completes the run."""

from understudy.actions.complete_run import complete_run
from understudy.actions.open_run import open_run
from understudy.actions.progress import Progress, RunRef, progress_of
from understudy.bootstrap import Services
from understudy.tasks import run_task


@run_task
def handler(ref: RunRef, services: Services) -> Progress:
    """Raises RunCancellingError if a cancel came first; the answer is then never seen."""
    run = complete_run(services, open_run(services.runs, ref))
    return progress_of(run, run.status, now=services.now())
