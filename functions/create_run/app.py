"""State CreateRun: sends the thread's messages to the model, which works in the background."""

from understudy.domain.model_input import first_request
from understudy.domain.runs import RunStatus
from understudy.domain.token_limits import exceeds_prompt_limit, newest_within
from understudy.errors import RunEndedError
from understudy.runs.progress import Progress, RunRef
from understudy.services import Services
from understudy.tasks import run_task


@run_task
def handler(ref: RunRef, services: Services) -> Progress:
    """Idempotent: a run that has its response already is left unchanged."""
    run = services.runs.get_open(*ref.ids)
    if run.response_id:
        return services.pacing.progress(run)
    if run.status is RunStatus.CANCELLING:
        return services.pacing.progress(run)
    thread = services.threads.get(ref.tenant, ref.thread_id)
    if thread is None:
        raise RunEndedError(f"thread {ref.thread_id} was deleted")
    messages = newest_within(services.messages.before_run(run), run.config)
    if exceeds_prompt_limit(messages, run.config):
        run = services.runs.change(run, incomplete_reason="max_prompt_tokens")
        return services.pacing.progress(run, RunStatus.INCOMPLETE)
    aliases = services.settings.model_aliases
    return services.model_requests.create(
        run, thread, lambda seen: first_request(run, seen, messages, aliases)
    )
