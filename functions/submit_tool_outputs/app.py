"""State SubmitToolOutputs: gives the model the outputs of its function calls, all at once."""

from understudy.actions.ask_model import ask_model
from understudy.actions.open_run import open_run
from understudy.actions.progress import Progress, RunRef, progress_of
from understudy.bootstrap import Services
from understudy.domain.model_input import follow_up_request
from understudy.domain.runs import RunStatus
from understudy.domain.tools import CallStatus, RunsOn, error_output
from understudy.errors import RunEndedError
from understudy.tasks import run_task


@run_task
def handler(ref: RunRef, services: Services) -> Progress:
    """A call on our side that has no output by now gets an error as its output: the run goes on."""
    run, now = open_run(services.runs, ref), services.now()
    if run.status is RunStatus.CANCELLING:
        return progress_of(run, run.status, now=now)
    if run.news:
        services.runs.clear_news(run)
    if run.round > ref.progress.round:  # a retry of a step that had done its work
        return progress_of(run, RunStatus.IN_PROGRESS, now=now)
    if now >= run.deadline:
        return progress_of(run, RunStatus.EXPIRED, now=now)
    calls = [c for c in services.tool_calls.of_run(ref.tenant, ref.run_id) if c.round == run.round]
    for call in calls:
        if call.runs_on is RunsOn.SERVER and call.status is CallStatus.PENDING:
            output = error_output("tool_failed", "The tool did not answer.")
            services.tool_calls.answer(call, output, failed=True)
    calls = [c for c in services.tool_calls.of_run(ref.tenant, ref.run_id) if c.round == run.round]
    if any(call.output is None for call in calls):
        return progress_of(run, RunStatus.REQUIRES_ACTION, now=now)
    thread = services.threads.get(ref.tenant, ref.thread_id)
    if thread is None:
        raise RunEndedError(f"thread {ref.thread_id} is gone")
    request = follow_up_request(run, thread, calls, services.settings.model_aliases)
    return ask_model(services, run, request, answered=calls)
