"""State AnswerDirectly: the provider's Responses API does not answer; chat completions may."""

from understudy.actions.open_run import open_run
from understudy.actions.progress import Progress, RunRef
from understudy.bootstrap import Services
from understudy.domain.runs import RunStatus
from understudy.tasks import run_task


@run_task
def handler(ref: RunRef, services: Services) -> Progress:
    """Where the fallback is switched off the run fails with what went wrong first."""
    open_run(services.runs, ref)
    return ref.progress.model_copy(update={"status": RunStatus.FAILED})
