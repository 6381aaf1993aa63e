"""A new thread and a run on it: refused before anything is written where a limit is reached."""

from understudy.actions.create_thread import create_thread
from understudy.actions.hold_budgets import budgeted
from understudy.actions.start_run import Caller, begin_run, plan_run
from understudy.domain.assistants import Assistant
from understudy.domain.new_runs import RunFields
from understudy.domain.runs import Run
from understudy.domain.threads import NewThread
from understudy.errors import NotFoundError
from understudy.ports import Ports


def start_thread_and_run(
    ports: Ports, *, caller: Caller, thread: NewThread, assistant: Assistant, body: RunFields
) -> Run:
    """Stores the thread with its messages, and starts the run as `start_run` does.

    Raises what both raise. A thread has no user when it is made so: no budget of a user counts.
    """
    plan = plan_run(ports, caller, assistant, body)
    with budgeted(ports, caller.tenant, None, caller.limits) as budget:
        created = create_thread(ports, tenant=caller.tenant, body=thread)
    run = begin_run(ports, plan, created, [], budget)
    if run is None:  # nobody knows the thread yet, so nobody but its end can have come in between
        raise NotFoundError(f"No thread found with id '{created.id}'.")
    return run
