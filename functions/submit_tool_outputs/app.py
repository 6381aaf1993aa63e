"""State SubmitToolOutputs: gives the model the outputs of its function calls, all at once."""

from understudy.domain.model_input import follow_up_request
from understudy.domain.runs import RunStatus
from understudy.domain.token_limits import spent_limit
from understudy.errors import RunEndedError
from understudy.runs.ask import already_asked
from understudy.runs.ask_with_files import ask_with_files
from understudy.runs.find import open_run
from understudy.runs.progress import Progress, RunRef, progress_of
from understudy.services import Services
from understudy.tasks import run_task

from .settle import settled_calls


@run_task
def handler(ref: RunRef, services: Services) -> Progress:
    """Calls that were approved meanwhile are handed back to be executed before the rest goes on."""
    run, now = open_run(services.runs, ref), services.now()
    if run.wake_pending:
        run = services.runs.clear_wake_pending(run)
    if run.status is RunStatus.CANCELLING:
        return progress_of(run, run.status, now=now)
    if run.round > ref.progress.round:  # a retry of a step that had done its work
        return already_asked(services, run)
    if now >= run.deadline:
        return progress_of(run, RunStatus.EXPIRED, now=now)
    calls = settled_calls(services, run, ref.progress.server_calls)
    approved = [call.call_id for call in calls if call.approved and call.output is None]
    if any(call.waits_for_client or call.waits_for_approval for call in calls):
        return progress_of(run, RunStatus.REQUIRES_ACTION, now=now, server_calls=approved)
    if approved:
        return progress_of(run, RunStatus.IN_PROGRESS, now=now, server_calls=approved)
    spent = spent_limit(run, calls)
    if spent is not None:
        run = services.runs.change(run, incomplete_reason=spent)
        return progress_of(run, RunStatus.INCOMPLETE, now=now)
    thread = services.threads.get(ref.tenant, ref.thread_id)
    if thread is None:
        raise RunEndedError(f"thread {ref.thread_id} is gone")
    aliases = services.settings.model_aliases
    return ask_with_files(
        services,
        run,
        thread,
        lambda seen: follow_up_request(run, seen, calls, aliases),
        answered=calls,
    )
