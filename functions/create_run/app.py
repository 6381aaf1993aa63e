"""State CreateRun: gives the model the messages and starts a response in the background."""

from understudy.actions.ask_model import ask_model
from understudy.actions.open_run import open_run
from understudy.actions.progress import Progress, RunRef, progress_of
from understudy.bootstrap import Services
from understudy.domain.model_input import exceeds_prompt_limit, first_request, newest_within
from understudy.domain.runs import RunStatus
from understudy.errors import RunEndedError
from understudy.tasks import run_task


@run_task
def handler(ref: RunRef, services: Services) -> Progress:
    """A run that has its response already is left as it is: the step was retried."""
    run, now = open_run(services.runs, ref), services.now()
    if run.status is RunStatus.CANCELLING or run.response_id:
        status = RunStatus.IN_PROGRESS if run.response_id else run.status
        return progress_of(run, status, now=now, webhooks=services.settings.webhooks_enabled)
    thread = services.threads.get(ref.tenant, ref.thread_id)
    if thread is None:
        raise RunEndedError(f"thread {ref.thread_id} is gone")
    messages = newest_within(services.messages.newest_first(ref.tenant, ref.thread_id), run.config)
    if exceeds_prompt_limit(messages, run.config):
        run = services.runs.change(run, incomplete_reason="max_prompt_tokens")
        return progress_of(run, RunStatus.INCOMPLETE, now=now)
    request = first_request(run, thread, messages, services.settings.model_aliases)
    return ask_model(services, run, request)
