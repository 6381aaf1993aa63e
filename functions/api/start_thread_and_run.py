"""A new thread and a run on it: refused before anything is written where a limit is reached."""

from understudy.domain.assistants import Assistant
from understudy.domain.callers import Caller
from understudy.domain.new_runs import RunFields
from understudy.domain.runs import Run
from understudy.domain.threads import NewThread
from understudy.errors import NotFoundError
from understudy.ports import Ports
from understudy.runs.limits import budgeted
from understudy.runs.start import begin_run, plan_run

from .create_thread import create_thread


def start_thread_and_run(
    ports: Ports, *, caller: Caller, thread: NewThread, assistant: Assistant, body: RunFields
) -> Run:
    """Stores the thread with its messages, and starts the run as `start_run` does.

    Raises what both raise. A thread has no user when it is made so: no budget of a user counts.
    """
    plan = plan_run(ports, caller, assistant, body)
    with budgeted(ports, caller.tenant, None, caller.limits) as budget:
        created = create_thread(
            ports.threads,
            ports.attachments,
            ports.settings,
            ports.now,
            tenant=caller.tenant,
            body=thread,
        )
    run = begin_run(ports, plan, created, [], budget)
    if run is None:  # nobody knows the thread yet, so nobody but its end can have come in between
        raise NotFoundError(f"No thread found with id '{created.id}'.")
    return run
