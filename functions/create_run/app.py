"""State CreateRun: gives the model the messages and starts a response in the background."""

from understudy.domain.model_input import first_request
from understudy.domain.runs import RunStatus
from understudy.domain.token_limits import exceeds_prompt_limit, newest_within
from understudy.errors import RunEndedError
from understudy.runs.ask import already_asked
from understudy.runs.ask_with_files import ask_with_files
from understudy.runs.find import open_run
from understudy.runs.progress import Progress, RunRef, progress_of
from understudy.services import Services
from understudy.tasks import run_task


@run_task
def handler(ref: RunRef, services: Services) -> Progress:
    """A run that has its response already is left as it is: the step was retried."""
    run, now = open_run(services.runs, ref), services.now()
    if run.response_id:
        return already_asked(services, run)
    if run.status is RunStatus.CANCELLING:
        return progress_of(run, run.status, now=now)
    thread = services.threads.get(ref.tenant, ref.thread_id)
    if thread is None:
        raise RunEndedError(f"thread {ref.thread_id} is gone")
    messages = newest_within(services.messages.newest_first(ref.tenant, ref.thread_id), run.config)
    if exceeds_prompt_limit(messages, run.config):
        run = services.runs.change(run, incomplete_reason="max_prompt_tokens")
        return progress_of(run, RunStatus.INCOMPLETE, now=now)
    aliases = services.settings.model_aliases
    return ask_with_files(
        services, run, thread, lambda seen: first_request(run, seen, messages, aliases)
    )
