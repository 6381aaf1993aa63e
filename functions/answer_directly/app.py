"""State AnswerDirectly: the provider's Responses API does not answer; chat completions may."""

from understudy.actions.answer_directly import answer_directly
from understudy.actions.open_run import open_run
from understudy.actions.progress import Progress, RunRef, progress_of
from understudy.bootstrap import Services
from understudy.domain.runs import RunStatus
from understudy.tasks import run_task


@run_task
def handler(ref: RunRef, services: Services) -> Progress:
    """Where the fallback is switched off the run fails with what went wrong first."""
    run = open_run(services.runs, ref)
    if run.status is RunStatus.CANCELLING:
        return progress_of(run, run.status, now=services.now())
    if not services.settings.fallback_enabled:
        return ref.progress.model_copy(update={"status": RunStatus.FAILED})
    return answer_directly(services, run, ref.progress)
