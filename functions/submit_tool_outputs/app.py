"""State SubmitToolOutputs: sends all outputs of a round's calls to the model in one request.

The state waits for a callback with its task token. If there is nothing to wait for, this function
ends the wait.
"""

from understudy.domain.model_input import follow_up_request
from understudy.domain.runs import RunStatus
from understudy.domain.token_limits import spent_limit
from understudy.errors import RunEndedError
from understudy.runs.progress import Progress, RunRef
from understudy.services import Services
from understudy.tasks import run_task

from .callback import await_callback
from .settle import settled_calls


@run_task
def handler(ref: RunRef, services: Services) -> Progress:
    """Sends the outputs, unless an earlier attempt has; then the state waits for a callback."""
    progress = _submit(ref, services)
    await_callback(services.waits, services.executions, ref, progress)
    return progress


def _submit(ref: RunRef, services: Services) -> Progress:
    """Calls that were approved in the meantime are executed before the outputs are sent."""
    if ref.progress.wake_pending:
        services.waits.clear_pending(ref.progress.wait_id)
    run, pacing = services.runs.get_open(*ref.ids), services.pacing
    services.open_runs.postpone(run, services.now())
    if run.status is RunStatus.CANCELLING:
        return pacing.progress(run)
    if run.round > ref.progress.round:  # an earlier attempt of this step has sent the outputs
        return pacing.progress(run)
    if services.now() >= run.deadline:
        return pacing.progress(run, RunStatus.EXPIRED)
    calls = settled_calls(services.tool_calls, run, ref.progress.server_calls)
    approved = [call.call_id for call in calls if call.approved and call.output is None]
    if any(call.waits_for_client or call.waits_for_approval for call in calls):
        return pacing.progress(run, RunStatus.REQUIRES_ACTION, server_calls=approved)
    if approved:
        return pacing.progress(run, RunStatus.IN_PROGRESS, server_calls=approved)
    spent = spent_limit(run, calls)
    if spent is not None:
        run = services.runs.change(run, incomplete_reason=spent)
        return pacing.progress(run, RunStatus.INCOMPLETE)
    thread = services.threads.get(ref.tenant, ref.thread_id)
    if thread is None:
        raise RunEndedError(f"thread {ref.thread_id} was deleted")
    aliases = services.settings.model_aliases
    return services.model_requests.create(
        run, thread, lambda seen: follow_up_request(run, seen, calls, aliases), answered=calls
    )
