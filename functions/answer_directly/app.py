"""State AnswerDirectly: the provider's Responses API does not answer; chat completions may."""

from understudy.domain.runs import RunStatus
from understudy.runs.find import open_run
from understudy.runs.progress import Progress, RunRef, progress_of
from understudy.services import Services
from understudy.tasks import run_task

from .fallback import answer_directly


@run_task
def handler(ref: RunRef, services: Services) -> Progress:
    """Where the fallback is switched off the run fails with what went wrong first."""
    run = open_run(services.runs, ref)
    if run.status is RunStatus.CANCELLING:
        return progress_of(run, run.status, now=services.now())
    if not services.settings.fallback_enabled:
        return ref.progress.model_copy(update={"status": RunStatus.FAILED})
    return answer_directly(services, run, ref.progress)
