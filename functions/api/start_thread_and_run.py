"""Creates a thread and a run on it. If a limit is reached, nothing is written."""

from understudy.domain.assistants import Assistant
from understudy.domain.callers import Caller
from understudy.domain.new_runs import RunFields
from understudy.domain.runs import Run
from understudy.domain.threads import NewThread
from understudy.errors import NotFoundError
from understudy.ports import Ports

from .create_thread import create_thread


def start_thread_and_run(
    ports: Ports, *, caller: Caller, thread: NewThread, assistant: Assistant, body: RunFields
) -> Run:
    """Creates the thread with its messages, starts a run on it and returns the run.

    Raises the errors of `create_thread` and `RunStarter.start`. The thread has no user, so the run
    counts against no user's budget.
    """
    plan = ports.run_starter.plan(caller, assistant, body)
    with ports.usage_limits.held(caller.tenant, None, caller.limits) as budget:
        created = create_thread(
            ports.threads,
            ports.attachments,
            ports.settings,
            ports.now,
            tenant=caller.tenant,
            body=thread,
        )
    run = ports.run_starter.begin(plan, created, [], budget)
    if run is None:  # the thread was deleted or expired at once
        raise NotFoundError(f"No thread found with id '{created.id}'.")
    return run
