"""Creates a thread and a run on it. If a limit is reached, nothing is written."""

from collections.abc import Callable

from understudy.domain.assistants import Assistant
from understudy.domain.callers import Caller
from understudy.domain.new_runs import RunFields
from understudy.domain.runs import Run
from understudy.domain.threads import Thread
from understudy.errors import not_found
from understudy.runs.limits import UsageLimits
from understudy.runs.start import RunStarter


def start_thread_and_run(
    starter: RunStarter,
    limits: UsageLimits,
    create_thread: Callable[[], Thread],
    *,
    caller: Caller,
    assistant: Assistant,
    body: RunFields,
) -> Run:
    """Creates the thread with its messages, starts a run on it and returns the run.

    Raises the errors of `create_thread` and `RunStarter.start`. The thread has no user, so the run
    counts against the budget of the user that the body names, if it names one.
    """
    plan = starter.plan(caller, assistant, body)
    with limits.held(caller.tenant, plan.user_id, caller.limits) as budget:
        created = create_thread()
    run = starter.begin(plan, created, [], budget)
    if run is None:  # the thread was deleted or expired at once
        raise not_found("thread", created.id)
    return run
