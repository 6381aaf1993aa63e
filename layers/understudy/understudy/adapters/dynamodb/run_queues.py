"""The queues of threads: which runs wait for their thread, in which order.

The ids of the queued runs are in the thread's item. Every change is conditional on the thread as it
was read; `thread` is always as `Runs.thread` returned it. All methods raise WriteRefusedError if
the thread has changed since, was deleted, or a run of the transaction has changed.
"""

from collections.abc import Sequence
from typing import Any

from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.messages import Messages
from understudy.adapters.dynamodb.run_items import run_attributes, status_in, status_values
from understudy.adapters.dynamodb.runs import Runs
from understudy.adapters.dynamodb.table import Expression, Table, Write
from understudy.adapters.dynamodb.thread_items import ALIVE
from understudy.domain.deadlines import first_sweep
from understudy.domain.messages import Message
from understudy.domain.run_queue import MultitaskStrategy
from understudy.domain.runs import OPEN_STATUSES, Run, RunStatus
from understudy.domain.threads import Thread

ROLLBACK = MultitaskStrategy.ROLLBACK
NEW_ATTRIBUTES = ("deadline", "promoted_at", "budget", "has_queue")
"""Attributes that a queued run gets when it starts."""


class RunQueues:
    """The queues of all threads."""

    def __init__(self, table: Table, runs: Runs, messages: Messages) -> None:
        self._table = table
        self._runs = runs
        self._messages = messages

    def admit_message(self, thread: Thread, order: int) -> None:
        """Reserves the position `order` for a message of a thread with an open run."""
        self._table.write(self._changed(thread, thread.run_queue, message_order=order))

    def add(self, run: Run, thread: Thread, messages: Sequence[Message]) -> None:
        """Stores a run with its messages as the last one in the queue.

        If it is the first one there, the thread's open run is marked, so that its end starts it.
        """
        queue = [*thread.run_queue, run.id]
        writes = [self._changed(thread, queue, message_order=run.message_base)]
        if thread.ended_run_id is None:
            writes.append(self._marked(run, thread.active_run_id))
        self._table.transact([*writes, *self._new(run, messages)])

    def replace(
        self,
        run: Run,
        thread: Thread,
        messages: Sequence[Message],
        replaced: Sequence[Run],
        strategy: MultitaskStrategy,
    ) -> None:
        """Stores a run with its messages as the only one in the queue.

        `replaced` are the open runs of the thread: queued ones are cancelled, and the one that has
        started begins to cancel. After `rollback` all of them are deleted before the run starts.
        """
        discarded = list(thread.rolled_back)
        if strategy is ROLLBACK:
            discarded = list(dict.fromkeys([*discarded, *(each.id for each in replaced)]))
        changes: dict[str, Any] = {"message_order": run.message_base}
        if discarded:
            changes["rolled_back"] = discarded
        writes = [self._changed(thread, [run.id], **changes)]
        for each in replaced:
            if each.waiting is None:
                by = ROLLBACK if each.interrupted is ROLLBACK else strategy
                status = {"run_status": str(RunStatus.CANCELLING), "interrupted": str(by)}
                writes.append(self._marked(each, each.id, **status))
            else:
                writes.append(self._cancelled(each, has_queue=True))
        self._table.transact([*writes, *self._new(run, messages)])

    def start(self, run: Run, thread: Thread) -> None:
        """Makes the first queued run the thread's active run. `run` is as it has been started."""
        rest = thread.run_queue[1:]
        kept = run_attributes(run.model_copy(update={"has_queue": bool(rest)}))
        started = Write(
            key=keys.run(run.tenant, run.thread_id, run.id),
            assign={name: kept[name] for name in NEW_ATTRIBUTES if name in kept}
            | {"sweep_at": first_sweep(run.begun_at, run.deadline)},
            remove=("waiting",),
            condition="run_status = :queued AND attribute_exists(waiting)",
            values={":queued": str(RunStatus.QUEUED)},
        )
        taken = self._changed(thread, rest, remove=["rolled_back"], active_run_id=run.id)
        self._table.transact([taken, started])

    def leave(self, run: Run, thread: Thread) -> None:
        """Ends a queued run with the final status that `run` has."""
        rest = [each for each in thread.run_queue if each != run.id]
        ended = self._runs.ending(run.model_copy(update={"has_queue": bool(rest)}))
        self._table.transact([self._changed(thread, rest), _only_waiting(ended)])

    def forget(self, run_id: str | None, thread: Thread) -> None:
        """Removes the id of a run that has ended from the queue, and the ids of deleted runs."""
        rest = [each for each in thread.run_queue if each != run_id]
        self._table.write(self._changed(thread, rest, remove=["rolled_back"]))

    def _new(self, run: Run, messages: Sequence[Message]) -> list[Write]:
        return [self._runs.storing(run), *map(self._messages.writing, messages)]

    def _cancelled(self, run: Run, *, has_queue: bool) -> Write:
        """Returns the write that ends a queued run as cancelled; its end starts the next one."""
        ended_at = int(self._table.now())
        ended = {"status": RunStatus.CANCELLED, "ended_at": ended_at, "has_queue": has_queue}
        return _only_waiting(self._runs.ending(run.model_copy(update=ended)))

    def _marked(self, run: Run, run_id: str | None, **also: str) -> Write:
        """Returns the write that marks an open run of the run's thread: others wait for its end."""
        return Write(
            key=keys.run(run.tenant, run.thread_id, run_id or ""),
            assign={"has_queue": True, **also},
            condition=status_in(OPEN_STATUSES),
            values=status_values(OPEN_STATUSES),
        )

    def _changed(
        self, thread: Thread, queue: Sequence[str], *, remove: Sequence[str] = (), **assign: Any
    ) -> Write:
        """Returns the write of a thread that has not changed since it was read."""
        now = int(self._table.now())
        stored = thread.message_order if thread.stored_order is None else thread.stored_order
        values: dict[str, Any] = {
            ":now": now,
            ":active": thread.ended_run_id or thread.active_run_id,
            ":order": stored,
        }
        is_queue = "attribute_not_exists(run_queue)"
        if thread.run_queue:
            is_queue, values[":queue"] = "run_queue = :queue", list(thread.run_queue)
        expiry = Expression("ttl_seconds + :now")
        given = {"last_activity": now, "expires_at": expiry, **assign}
        if queue:
            given["run_queue"] = list(queue)
        return Write(
            key=keys.thread(thread.tenant, thread.id),
            assign=given,
            remove=[*remove, *(() if queue else ("run_queue",))],
            condition=(
                f"{ALIVE} AND active_run_id = :active AND message_order = :order AND {is_queue}"
            ),
            values=values,
        )


def _only_waiting(write: Write) -> Write:
    """Returns the write with the condition that its run still waits in the queue."""
    condition = f"{write.condition} AND attribute_exists(waiting)"
    return Write(
        key=write.key,
        assign=write.assign,
        remove=write.remove,
        condition=condition,
        values=write.values,
    )
