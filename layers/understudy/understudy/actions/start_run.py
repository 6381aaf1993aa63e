"""Starting a run: the run and its place on the thread come first, then the machine."""

from collections.abc import Sequence
from dataclasses import dataclass

from understudy.actions.attach_files import attach_to_thread
from understudy.actions.check_rate import check_rate
from understudy.actions.end_run import Ending, end_run, last_error
from understudy.actions.hold_budgets import budgeted, release_budget
from understudy.actions.record_run import record_run
from understudy.domain.assistants import Assistant
from understudy.domain.budgets import Limits
from understudy.domain.deadlines import deadline_seconds
from understudy.domain.ids import milliseconds, new_id
from understudy.domain.messages import Message, NewMessage
from understudy.domain.new_runs import NewRun, RunFields, settled_config
from understudy.domain.receivers import Receiver
from understudy.domain.runs import Run, RunConfig, RunStatus
from understudy.domain.threads import Thread
from understudy.errors import (
    InvalidRequestError,
    NotFoundError,
    StoreUnavailableError,
    WriteRefusedError,
)
from understudy.ports import Ports

ATTEMPTS = 5


@dataclass(frozen=True)
class Caller:
    """Who asks: the tenant of the key, the server tools that it may run, and what it may spend.

    `receiver` is where the application is told of the ends of its runs.
    """

    tenant: str
    server_tools: tuple[str, ...] = ()
    may_approve: bool = False
    key_digest: str = ""
    limits: Limits | None = None
    receiver: Receiver | None = None


def start_run(
    ports: Ports, *, caller: Caller, thread_id: str, assistant: Assistant, body: RunFields
) -> Run:
    """Writes the run as queued, makes it the thread's active one, and starts its execution.

    Raises NotFoundError for an unknown thread and InvalidRequestError, with the original's text,
    while another run is active, and for a deadline that no run can have. Raises
    StoreUnavailableError where the execution cannot be started; the run has failed then.
    Raises LimitExceededError where the caller's rate or a budget is used up.
    """
    if caller.limits is not None:
        check_rate(ports, caller.key_digest, "runs", caller.limits.runs_per_minute)
    now, seconds = ports.now(), ports.settings.run_deadline
    seconds = deadline_seconds(seconds, body.metadata, assistant.fields.metadata)
    added = body.additional_messages if isinstance(body, NewRun) else None
    for _ in range(ATTEMPTS):
        thread = ports.threads.get(caller.tenant, thread_id)
        if thread is None:
            raise NotFoundError(f"No thread found with id '{thread_id}'.")
        if thread.active_run_id:
            raise InvalidRequestError(
                f"Thread {thread_id} already has an active run {thread.active_run_id}."
            )
        with budgeted(ports, thread.tenant, thread.user_id, caller.limits) as budget:
            attach_to_thread(ports, thread, added or [])
            config = _settled(ports, assistant, body, caller)
        messages = new_messages(added or [], thread, now)
        run = _new_run(thread, assistant, config, body.metadata, seconds, now, len(messages))
        run = run.model_copy(update={"budget": budget, "receiver": caller.receiver})
        try:
            ports.runs.create(run, thread, messages)
        except WriteRefusedError:
            stored = ports.threads.get(caller.tenant, thread_id)
            if stored is None or stored.active_run_id != run.id:
                release_budget(ports, run.tenant, budget)
                continue  # The thread was written to meanwhile: look again at what it is now.
            # Only the answer to our own write was lost.
        _start(ports, run)
        return run
    raise InvalidRequestError(f"Thread {thread_id} is being written to; try again.")


def _start(ports: Ports, run: Run) -> None:
    """Starts the run's execution; a run without one ends here, so that its thread is free again.

    Should the execution have started all the same, it finds that its run has ended.
    """
    try:
        ports.executions.start(run)
    except StoreUnavailableError:
        error = last_error(None, "The run could not be started.")
        record_run(ports, end_run(ports, run, Ending(RunStatus.FAILED, error)))
        raise


def new_messages(
    bodies: Sequence[NewMessage], thread: Thread, now: float, *, first: int = 1
) -> list[Message]:
    """Messages for the places after the thread's newest one."""
    return [
        Message(
            id=new_id("msg", order=thread.message_order + place),
            tenant=thread.tenant,
            thread_id=thread.id,
            created_at=int(now),
            role=body.role,
            content=body.shown_content(),
            attachments=body.all_attachments,
            metadata=body.metadata,
        )
        for place, body in enumerate(bodies, start=first)
    ]


def _settled(ports: Ports, assistant: Assistant, body: RunFields, caller: Caller) -> RunConfig:
    """What the run is to do, and which of its calls somebody has to approve."""
    config = settled_config(assistant, body, list(caller.server_tools))
    if not config.server_tools:
        return config
    ours = [name for name in config.server_tools if name in ports.tools.names()]
    waiting = ports.tools.needing_approval(ours)
    return config.model_copy(update={"server_tools": ours, "approval_tools": waiting})


def _new_run(
    thread: Thread,
    assistant: Assistant,
    config: RunConfig,
    metadata: dict[str, str],
    seconds: int,
    now: float,
    messages: int,
) -> Run:
    return Run(
        id=new_id("run", order=milliseconds(now)),
        tenant=thread.tenant,
        thread_id=thread.id,
        assistant_id=assistant.id,
        user_id=thread.user_id,
        status=RunStatus.QUEUED,
        created_at=int(now),
        deadline=int(now) + seconds,
        config=config,
        metadata=metadata,
        message_base=thread.message_order + messages,
    )
