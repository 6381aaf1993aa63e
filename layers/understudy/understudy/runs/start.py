"""Starts runs: stores the run as its thread's active run, or in its queue; starts its execution."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from understudy.domain.api_keys import short_digest
from understudy.domain.assistants import Assistant
from understudy.domain.budgets import RunBudget
from understudy.domain.callers import Caller
from understudy.domain.deadlines import deadline_seconds
from understudy.domain.ids import milliseconds, new_id
from understudy.domain.messages import Message, NewMessage
from understudy.domain.new_runs import NewRun, RunFields, named_user, settled_config
from understudy.domain.run_errors import last_error
from understudy.domain.run_queue import MultitaskStrategy, Waiting
from understudy.domain.runs import Run, RunConfig, RunStatus
from understudy.domain.threads import Thread
from understudy.errors import (
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    StorageUnavailableError,
    WriteRefusedError,
)
from understudy.files.attach import Attachments
from understudy.observability import logger
from understudy.ports import Executions, ServerTools
from understudy.runs.end import RunEnder
from understudy.runs.enqueue import RunQueueing
from understudy.runs.limits import UsageLimits

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.runs import Runs
    from understudy.adapters.dynamodb.threads import Threads

ATTEMPTS = 5
ATTEMPTS_TO_QUEUE = 20
"""Other clients may add runs and messages at the same time; one of them succeeds each time."""


@dataclass(frozen=True)
class RunPlan:
    """A run that may be created on some thread. `now` is in Unix seconds.

    `seconds` is the run's time limit. `user_id` counts if the thread belongs to no user. The
    responses of a `streamed` run can be streamed.
    """

    caller: Caller
    assistant_id: str
    config: RunConfig
    metadata: dict[str, str]
    user_id: str | None
    now: float
    seconds: int
    streamed: bool = False


@dataclass(frozen=True)
class RunStarter:
    """Starts runs.

    `tools` is called only for runs with server-side tools: loading them costs cold-start time.
    """

    threads: "Threads"
    runs: "Runs"
    executions: Executions
    tools: Callable[[], ServerTools]
    limits: UsageLimits
    ender: RunEnder
    attachments: Attachments
    queueing: RunQueueing
    check_model: Callable[[str], None]
    now: Callable[[], float]
    default_seconds: int

    def start(
        self, *, caller: Caller, thread_id: str, assistant: Assistant, body: RunFields
    ) -> Run:
        """Creates a run on the thread as its active run, and starts its execution.

        While another run is active, the strategy of the request or of the caller decides: the run
        is refused, with OpenAI's text, or it is returned as queued. Raises NotFoundError for an
        unknown thread, LimitExceededError if a limit is reached or the queue is full, and the
        errors of `begin`. The limits of a queued run apply when it starts.
        """
        strategy = MultitaskStrategy(body.multitask_strategy or caller.multitask_strategy)
        plan = self._plan(caller, assistant, body)
        added = (body.additional_messages if isinstance(body, NewRun) else None) or []
        is_counted = rejects = strategy is MultitaskStrategy.REJECT
        if rejects:
            self._count(caller)
        for _ in range(ATTEMPTS if rejects else ATTEMPTS_TO_QUEUE):
            thread = self.runs.thread(caller.tenant, thread_id)
            if thread is None:
                raise NotFoundError(f"No thread found with id '{thread_id}'.")
            if thread.active_run_id and rejects:
                raise InvalidRequestError(
                    f"Thread {thread_id} already has an active run {thread.active_run_id}."
                )
            if thread.active_run_id:
                run = self._enqueue(plan, thread, added, strategy)
            else:
                if not is_counted:
                    self._count(caller)
                    is_counted = True
                user_id = thread.user_id or plan.user_id
                with self.limits.held(thread.tenant, user_id, caller.limits) as budget:
                    self.attachments.attach_to_thread(thread, added)
                run = self.begin(plan, thread, thread.new_messages(added, plan.now), budget)
            if run is not None:
                return run
        text = f"Thread {thread_id} was modified concurrently. Please retry."
        raise InvalidRequestError(text) if rejects else ConflictError(text, passes=True)

    def _enqueue(
        self,
        plan: RunPlan,
        thread: Thread,
        added: Sequence[NewMessage],
        strategy: MultitaskStrategy,
    ) -> Run | None:
        """Stores the run in the thread's queue; returns None if the thread has changed."""
        behind = self.queueing.place(thread, strategy)
        self.attachments.attach_to_thread(thread, added)
        messages = behind.new_messages(added, plan.now)
        waiting = Waiting(
            seconds=plan.seconds, key_digest=plan.caller.key_digest, limits=plan.caller.limits
        )
        run = _new_run(plan, behind, len(messages), None, waiting)
        return run if self.queueing.enqueue(run, thread, messages, strategy) else None

    def plan(self, caller: Caller, assistant: Assistant, body: RunFields) -> RunPlan:
        """Returns the plan of a run. Counts it against the caller's rate limit; writes nothing
        else.

        Raises LimitExceededError if the rate limit is reached, and InvalidRequestError for a
        deadline, tools or a model that no run can have.
        """
        self._count(caller)
        return self._plan(caller, assistant, body)

    def _count(self, caller: Caller) -> None:
        """Counts a run that starts against the caller's rate limit."""
        if caller.limits is not None:
            self.limits.check_rate(caller.key_digest, "runs", caller.limits.runs_per_minute)

    def _plan(self, caller: Caller, assistant: Assistant, body: RunFields) -> RunPlan:
        return RunPlan(
            caller=caller,
            assistant_id=assistant.id,
            config=self._config(assistant, body, caller),
            metadata=body.metadata,
            user_id=named_user(body),
            now=self.now(),
            seconds=deadline_seconds(
                self.default_seconds, body.metadata, assistant.fields.metadata
            ),
            streamed=bool(body.stream),
        )

    def begin(
        self,
        plan: RunPlan,
        thread: Thread,
        messages: Sequence[Message],
        budget: RunBudget | None,
    ) -> Run | None:
        """Writes the run with its messages and starts its execution.

        Returns None if the thread has changed since it was read; the budget's hold is released
        then. Raises StorageUnavailableError if the execution cannot be started; the run has failed
        then.
        """
        run = _new_run(plan, thread, len(messages), budget)
        try:
            self.runs.create(run, thread, messages)
        except WriteRefusedError:
            stored = self.threads.get(run.tenant, run.thread_id)
            if stored is None or stored.active_run_id != run.id:
                self.limits.release(run.tenant, budget)
                return None
            # The write succeeded; only its response was lost.
        with logger.append_context_keys(run_id=run.id):
            self._start_execution(run)
        return run

    def _start_execution(self, run: Run) -> None:
        """Starts the run's execution, or fails the run so that its thread is free again.

        If the execution did start, it finds that its run has ended.
        """
        try:
            self.executions.start(run)
        except StorageUnavailableError:
            error = last_error(None, "The run could not be started.")
            self.ender.end(run, RunStatus.FAILED, error)
            raise

    def _config(self, assistant: Assistant, body: RunFields, caller: Caller) -> RunConfig:
        """Returns the run's settings, with its server-side tools that need an approval."""
        config = settled_config(assistant, body, list(caller.server_tools))
        self.check_model(config.model)
        if not config.server_tools:
            return config
        tools = self.tools()
        server_tools = [name for name in config.server_tools if name in tools.names()]
        approval_tools = tools.needing_approval(server_tools)
        return config.model_copy(
            update={"server_tools": server_tools, "approval_tools": approval_tools}
        )


def _new_run(
    plan: RunPlan,
    thread: Thread,
    messages: int,
    budget: RunBudget | None,
    waiting: Waiting | None = None,
) -> Run:
    return Run(
        id=new_id("run", order=milliseconds(plan.now)),
        tenant=thread.tenant,
        thread_id=thread.id,
        assistant_id=plan.assistant_id,
        user_id=thread.user_id or plan.user_id,
        api_key=short_digest(plan.caller.key_digest) or None,
        status=RunStatus.QUEUED,
        created_at=int(plan.now),
        deadline=int(plan.now) + plan.seconds,
        config=plan.config,
        metadata=plan.metadata,
        message_base=thread.message_order + messages,
        budget=budget,
        receiver=plan.caller.receiver,
        streamed=plan.streamed,
        waiting=waiting,
        added_messages=messages,
    )
