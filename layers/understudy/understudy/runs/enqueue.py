"""Adds a run to the queue of a thread whose run is open, or lets it replace the open runs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from understudy.domain.messages import Message
from understudy.domain.run_queue import MAX_QUEUED, MultitaskStrategy
from understudy.domain.runs import Run
from understudy.domain.threads import Thread
from understudy.errors import LimitExceededError, WriteRefusedError
from understudy.ports import Executions
from understudy.runs.wake import wake

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.run_queues import RunQueues
    from understudy.adapters.dynamodb.runs import Runs
    from understudy.adapters.dynamodb.waits import Waits

MAX_ROLLED_BACK = 50
"""Runs of one thread that may wait for their deletion."""

RETRY_SECONDS = 5
"""When a client may retry a run that a full queue has refused."""


@dataclass(frozen=True)
class RunQueueing:
    """Queues runs. `waits` is called only if a run has to be woken."""

    runs: "Runs"
    queues: "RunQueues"
    waits: Callable[[], "Waits"]
    executions: Executions

    def place(self, thread: Thread, strategy: MultitaskStrategy) -> Thread:
        """Returns the thread with the order behind its open runs.

        Raises LimitExceededError if its queue is full.
        """
        if strategy is MultitaskStrategy.ENQUEUE and len(thread.run_queue) >= MAX_QUEUED:
            raise _full(thread, f"{MAX_QUEUED} runs wait for their start")
        if len(thread.rolled_back) >= MAX_ROLLED_BACK:
            raise _full(thread, f"{MAX_ROLLED_BACK} runs wait for their deletion")
        return thread.model_copy(update={"message_order": self.runs.order_behind(thread)})

    def enqueue(
        self, run: Run, thread: Thread, messages: Sequence[Message], strategy: MultitaskStrategy
    ) -> bool:
        """Stores the run with its messages; returns False if the thread has changed.

        `thread` is as `Runs.thread` returned it. The end of the thread's open run starts the first
        run of the queue. A run that this one interrupts is woken, so that it ends soon.
        """
        try:
            if strategy is MultitaskStrategy.ENQUEUE:
                self.queues.add(run, thread, messages)
                return True
            self.queues.replace(run, thread, messages, self._open(thread), strategy)
        except WriteRefusedError:
            return self._is_stored(run)
        if thread.ended_run_id is None:
            self._wake(run, thread.active_run_id or "")
        return True

    def _open(self, thread: Thread) -> list[Run]:
        """Returns the open runs of the thread: the one that has started, and those that wait."""
        ids = [thread.active_run_id or "", *thread.run_queue]
        found = (self.runs.get(thread.tenant, thread.id, each) for each in dict.fromkeys(ids))
        return [run for run in found if run is not None and not run.status.is_final]

    def _is_stored(self, run: Run) -> bool:
        """Returns whether the write succeeded, and only its response was lost."""
        return self.runs.get(run.tenant, run.thread_id, run.id) is not None

    def _wake(self, run: Run, interrupted_id: str) -> None:
        """Wakes the interrupted run. Read again: it may wait for another response by now."""
        interrupted = self.runs.get(run.tenant, run.thread_id, interrupted_id)
        if interrupted is not None and not interrupted.status.is_final:
            wake(self.waits(), self.executions, interrupted.wait_id)


def _full(thread: Thread, why: str) -> LimitExceededError:
    return LimitExceededError(
        f"The queue of thread {thread.id} is full: {why}. "
        "Retry when a run of the thread has ended.",
        code="run_queue_full",
        retry_after=RETRY_SECONDS,
    )
