"""Starting a run: the run and its place on the thread come first, then the machine."""

from collections.abc import Sequence
from dataclasses import dataclass

from understudy.domain.assistants import Assistant
from understudy.domain.budgets import RunBudget
from understudy.domain.callers import Caller
from understudy.domain.deadlines import deadline_seconds
from understudy.domain.ids import milliseconds, new_id
from understudy.domain.messages import Message
from understudy.domain.new_runs import NewRun, RunFields, settled_config
from understudy.domain.runs import Run, RunConfig, RunStatus, last_error
from understudy.domain.threads import Thread
from understudy.errors import (
    InvalidRequestError,
    NotFoundError,
    StorageUnavailableError,
    WriteRefusedError,
)
from understudy.observability import logger
from understudy.ports import Ports
from understudy.runs.end import Ending, end_run
from understudy.runs.limits import budgeted, release_budget
from understudy.runs.rates import check_rate
from understudy.runs.record import record_run

ATTEMPTS = 5


@dataclass(frozen=True)
class RunPlan:
    """A run that may be made, before it is known on which thread. `now` is in Unix seconds.

    `seconds` is how long the run may take.
    """

    caller: Caller
    assistant_id: str
    config: RunConfig
    metadata: dict[str, str]
    now: float
    seconds: int


def start_run(
    ports: Ports, *, caller: Caller, thread_id: str, assistant: Assistant, body: RunFields
) -> Run:
    """Writes the run as queued, makes it the thread's active one, and starts its execution.

    Raises NotFoundError for an unknown thread and InvalidRequestError, with the original's text,
    while another run is active. Raises LimitExceededError where a budget is used up, and what
    `plan_run` and `begin_run` raise.
    """
    plan = plan_run(ports, caller, assistant, body)
    added = (body.additional_messages if isinstance(body, NewRun) else None) or []
    for _ in range(ATTEMPTS):
        thread = ports.threads.get(caller.tenant, thread_id)
        if thread is None:
            raise NotFoundError(f"No thread found with id '{thread_id}'.")
        if thread.active_run_id:
            raise InvalidRequestError(
                f"Thread {thread_id} already has an active run {thread.active_run_id}."
            )
        with budgeted(ports, thread.tenant, thread.user_id, caller.limits) as budget:
            ports.attachments.attach_to_thread(thread, added)
        run = begin_run(ports, plan, thread, thread.new_messages(added, plan.now), budget)
        if run is not None:
            return run
    raise InvalidRequestError(f"Thread {thread_id} is being written to; try again.")


def plan_run(ports: Ports, caller: Caller, assistant: Assistant, body: RunFields) -> RunPlan:
    """Settles what the run is to do. Nothing is written but the use of the caller's rate.

    Raises LimitExceededError where that is used up, and InvalidRequestError for a deadline or tools
    that no run can have.
    """
    if caller.limits is not None:
        check_rate(ports, caller.key_digest, "runs", caller.limits.runs_per_minute)
    default = ports.settings.run_deadline
    return RunPlan(
        caller=caller,
        assistant_id=assistant.id,
        config=_settled(ports, assistant, body, caller),
        metadata=body.metadata,
        now=ports.now(),
        seconds=deadline_seconds(default, body.metadata, assistant.fields.metadata),
    )


def begin_run(
    ports: Ports,
    plan: RunPlan,
    thread: Thread,
    messages: Sequence[Message],
    budget: RunBudget | None,
) -> Run | None:
    """Writes the run with its messages and starts its execution.

    None if the thread was written to meanwhile; the hold on the budget is off again then. Raises
    StorageUnavailableError where the execution cannot be started; the run has failed then.
    """
    run = _new_run(plan, thread, len(messages), budget)
    try:
        ports.runs.create(run, thread, messages)
    except WriteRefusedError:
        stored = ports.threads.get(run.tenant, run.thread_id)
        if stored is None or stored.active_run_id != run.id:
            release_budget(ports, run.tenant, budget)
            return None
        # Only the answer to our own write was lost.
    with logger.append_context_keys(run_id=run.id):
        _start(ports, run)
    return run


def _start(ports: Ports, run: Run) -> None:
    """Starts the run's execution; a run without one ends here, so that its thread is free again.

    Should the execution have started all the same, it finds that its run has ended.
    """
    try:
        ports.executions.start(run)
    except StorageUnavailableError:
        error = last_error(None, "The run could not be started.")
        record_run(ports, end_run(ports, run, Ending(RunStatus.FAILED, error)))
        raise


def _settled(ports: Ports, assistant: Assistant, body: RunFields, caller: Caller) -> RunConfig:
    """What the run is to do, and which of its calls somebody has to approve."""
    config = settled_config(assistant, body, list(caller.server_tools))
    if not config.server_tools:
        return config
    ours = [name for name in config.server_tools if name in ports.tools.names()]
    waiting = ports.tools.needing_approval(ours)
    return config.model_copy(update={"server_tools": ours, "approval_tools": waiting})


def _new_run(plan: RunPlan, thread: Thread, messages: int, budget: RunBudget | None) -> Run:
    return Run(
        id=new_id("run", order=milliseconds(plan.now)),
        tenant=thread.tenant,
        thread_id=thread.id,
        assistant_id=plan.assistant_id,
        user_id=thread.user_id,
        status=RunStatus.QUEUED,
        created_at=int(plan.now),
        deadline=int(plan.now) + plan.seconds,
        config=plan.config,
        metadata=plan.metadata,
        message_base=thread.message_order + messages,
        budget=budget,
        receiver=plan.caller.receiver,
    )
