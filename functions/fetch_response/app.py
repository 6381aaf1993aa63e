"""State FetchResponse: adds the model's messages to the thread and completes the run."""

from collections.abc import Sequence

from understudy.domain.run_steps import GeneratedFile
from understudy.domain.runs import Run, RunStatus
from understudy.errors import RunEndedError
from understudy.files.generated import (
    containers_of,
    generated_files,
    record_generated,
    write_manifest,
)
from understudy.runs.progress import Progress, RunRef
from understudy.services import Services
from understudy.tasks import run_task

from .complete import complete_run

DONE = (RunStatus.COMPLETED, RunStatus.INCOMPLETE)


@run_task
def handler(ref: RunRef, services: Services) -> Progress:
    """Raises RunCancellingError if a cancel request came first; the messages are dropped then.

    If an earlier attempt completed the run but crashed before it wrote the manifest of the run's
    files, only the manifest is written.
    """
    run = services.runs.get(*ref.ids)
    if run is None:
        raise RunEndedError(f"run {ref.run_id} was deleted")
    files = generated_files(services.run_steps, run)
    if not run.status.is_final:
        run = _completed(services, run, files)
    elif run.status not in DONE or not (files or containers_of(run)):
        raise RunEndedError(f"run {run.id} has ended")
    if files or containers_of(run):
        write_manifest(services.objects, run, files)
    return services.pacing.progress(run)


def _completed(services: Services, run: Run, files: Sequence[GeneratedFile]) -> Run:
    record_generated(services.files, services.file_uses, services.now, run, files)
    try:
        return complete_run(services.runs, services.run_steps, run, now=services.now())
    except RunEndedError:
        stored = services.runs.get(run.tenant, run.thread_id, run.id)
        if stored is None or stored.status not in DONE:
            raise
        return stored  # the write succeeded; only its response was lost
