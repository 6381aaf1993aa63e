"""State FetchResponse: makes the model's answer a message of the thread and completes the run."""

from understudy.domain.runs import Run, RunStatus
from understudy.errors import RunEndedError
from understudy.files.generated import (
    containers_of,
    generated_files,
    record_generated,
    write_manifest,
)
from understudy.runs.find import open_run
from understudy.runs.progress import Progress, RunRef, progress_of
from understudy.services import Services
from understudy.tasks import run_task

from .complete import complete_run

DONE = (RunStatus.COMPLETED, RunStatus.INCOMPLETE)


@run_task
def handler(ref: RunRef, services: Services) -> Progress:
    """Raises RunCancellingError if a cancel came first; the answer is then never seen.

    A run with files that is completed already was completed by a try before this one, which may
    have stopped before their manifest was written.
    """
    run = services.runs.get(ref.tenant, ref.thread_id, ref.run_id)
    files = generated_files(services.run_steps, run) if run is not None else []
    if run is None or run.status not in DONE or not (files or containers_of(run)):
        run = _completed(services, ref)
    if files or containers_of(run):
        write_manifest(services.objects, run, files)
    return progress_of(run, run.status, now=services.now())


def _completed(services: Services, ref: RunRef) -> Run:
    run = open_run(services.runs, ref)
    files = generated_files(services.run_steps, run)
    record_generated(services.files, services.file_uses, services.now, run, files)
    try:
        return complete_run(services, run)
    except RunEndedError:
        stored = services.runs.get(ref.tenant, ref.thread_id, ref.run_id)
        if stored is None or stored.status not in DONE:
            raise
        return stored  # only the answer to our own write was lost
