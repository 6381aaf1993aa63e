"""Runs in the table. Immutable fields are one JSON body, mutable fields are separate attributes."""

import json
from collections.abc import Sequence

from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.bodies import Bodies
from understudy.adapters.dynamodb.messages import KEPT_SECONDS, Messages
from understudy.adapters.dynamodb.open_runs import INDEX_ATTRIBUTES, shard_of
from understudy.adapters.dynamodb.paging import page_of
from understudy.adapters.dynamodb.run_items import (
    NOT_SHOWN,
    read_run,
    run_attributes,
    status_in,
    status_values,
)
from understudy.adapters.dynamodb.table import Item, Table, Write
from understudy.adapters.dynamodb.thread_items import live_child
from understudy.adapters.dynamodb.threads import Threads
from understudy.domain.deadlines import first_sweep
from understudy.domain.lists import Page, PageRequest
from understudy.domain.messages import Message
from understudy.domain.run_queue import order_behind
from understudy.domain.runs import CANCELLABLE, OPEN_STATUSES, Run, RunConfig, RunStatus
from understudy.domain.threads import Thread
from understudy.domain.translation import order_after
from understudy.errors import (
    ResponseShownError,
    RunCancellingError,
    RunEndedError,
    RunError,
    WriteRefusedError,
)


class Runs:
    """The runs of threads. Every change of a status is conditional on the present status."""

    def __init__(self, table: Table, bodies: Bodies, threads: Threads, messages: Messages) -> None:
        self._table = table
        self._bodies = bodies
        self._threads = threads
        self._messages = messages

    def get(self, tenant: str, thread_id: str, run_id: str) -> Run | None:
        item = self._table.get(keys.run(tenant, thread_id, run_id))
        return self._read(item) if item else None

    def find(self, tenant: str, thread_id: str, run_id: str) -> Run | None:
        """Returns the run; None if the run or its thread is missing or expired."""
        item = live_child(self._table, tenant, thread_id, keys.run(tenant, thread_id, run_id))
        return self._read(item) if item else None

    def get_open(self, tenant: str, thread_id: str, run_id: str) -> Run:
        """Returns a run that has not ended. Raises RunEndedError if it has, or does not exist."""
        run = self.get(tenant, thread_id, run_id)
        if run is None or run.status.is_final:
            raise RunEndedError(f"run {run_id} has ended")
        return run

    def thread(self, tenant: str, thread_id: str) -> Thread | None:
        """Returns the thread with its open run as `active_run_id`; None if it is missing.

        A run holds its thread exactly as long as it is open: nothing is written to the thread when
        the run ends, and the next write to the thread takes its place. If runs wait in the queue,
        the first of them is the active one as soon as the run before has ended.
        """
        thread = self._threads.get(tenant, thread_id)
        if thread is None or thread.active_run_id is None:
            return thread
        run = self.get(tenant, thread_id, thread.active_run_id)
        if run is not None and not run.status.is_final:
            return thread
        stored = thread.message_order
        ended = {
            "active_run_id": thread.run_queue[0] if thread.run_queue else None,
            "ended_run_id": thread.active_run_id,
            "message_order": stored if run is None else max(stored, order_after(run)),
            "stored_order": stored,
        }
        return thread.model_copy(update=ended)

    def order_behind(self, thread: Thread) -> int:
        """Returns the order of a thread with an open run, behind all that its open runs may add."""
        last = thread.run_queue[-1] if thread.run_queue else thread.active_run_id
        run = self.get(thread.tenant, thread.id, last or "")
        return (
            thread.message_order
            if run is None
            else order_behind(thread.message_order, run.message_base)
        )

    def create(self, run: Run, thread: Thread, messages: Sequence[Message]) -> None:
        """Stores a run with the messages before it, and makes it the thread's active run.

        Without messages these are two writes, which cost half of a transaction. If the second one
        never happens, the thread does not know the run, and the sweep ends it. Raises
        WriteRefusedError if the thread was deleted or changed, or has an active run.
        """
        stored = self.storing(run)
        taken = self._threads.setting_active_run(thread, run.id, order=run.message_base)
        if messages:
            writes = [self._messages.writing(message) for message in messages]
            self._table.transact([taken, stored, *writes])
            return
        self._table.write(stored)
        try:
            self._table.write(taken)
        except WriteRefusedError:
            now = self._threads.get(run.tenant, run.thread_id)
            if now is not None and now.active_run_id == run.id:
                return  # the write succeeded; only its response was lost
            self._table.write(Write(key=keys.run(run.tenant, run.thread_id, run.id), delete=True))
            raise

    def storing(self, run: Run) -> Write:
        """Returns the write that stores a new run, for a transaction."""
        item: Item = {
            **keys.run(run.tenant, run.thread_id, run.id),
            **run_attributes(run),
            "sweep_shard": shard_of(run.id),
            "sweep_at": first_sweep(run.created_at, run.deadline),
            "expires_at": int(self._table.now()) + KEPT_SECONDS,
        }
        body = {"config": run.config.model_dump(by_alias=True, exclude_none=True)}
        return Write(item=self._bodies.packed(item, body))

    def change(self, run: Run, **attributes: object) -> Run:
        """Sets attributes of a run that has not ended; returns the changed run.

        Raises RunEndedError if it has ended, and RunCancellingError if the status should change
        but a cancel request came first. Raises ResponseShownError if a client has received
        something of the response that the change replaces.
        """
        is_again = "response_id" in attributes and attributes.get("status") == RunStatus.QUEUED
        unless_shown = is_again and run.response_id is not None
        kept = run_attributes(run.model_copy(update=attributes))
        names = ["run_status" if name == "status" else name for name in attributes]
        among = CANCELLABLE if "status" in attributes else OPEN_STATUSES
        write = Write(
            key=keys.run(run.tenant, run.thread_id, run.id),
            assign={name: kept[name] for name in names if name in kept},
            remove=[name for name in names if name not in kept],
            condition=status_in(among) + (NOT_SHOWN if unless_shown else ""),
            values=status_values(among) | ({":response": run.response_id} if unless_shown else {}),
        )
        try:
            return self._read(self._table.write(write))
        except WriteRefusedError as error:
            raise self._explained(run) from error

    def move(self, run: Run, to: RunStatus, *, among: Sequence[RunStatus]) -> Run | None:
        """Sets the status if it is one of `among`; returns the changed run, else None."""
        write = Write(
            key=keys.run(run.tenant, run.thread_id, run.id),
            assign={"run_status": str(to)},
            condition=status_in(among),
            values=status_values(among),
        )
        try:
            return self._read(self._table.write(write))
        except WriteRefusedError:
            return None

    def end(self, run: Run, *, messages: Sequence[Message] = ()) -> None:
        """Stores the run's final status and its messages: one transaction, or a single write.

        This is the only place where a run ends. Its thread is free from then on, and everything
        else follows from the table's stream (functions/record_runs). Raises RunCancellingError if a
        cancel request came first and `run` is not cancelled, and RunEndedError if it has ended.
        """
        final = self.ending(run)
        try:
            if messages:
                writes = [self._messages.writing(message) for message in messages]
                self._table.transact([final, *writes])
            else:
                self._table.write(final)
        except WriteRefusedError as error:
            raise self._explained(run) from error

    def ending(self, run: Run) -> Write:
        """Returns the write that ends a run, for a transaction."""
        among = OPEN_STATUSES if run.status is RunStatus.CANCELLED else CANCELLABLE
        kept = run_attributes(run)
        return Write(
            key=keys.run(run.tenant, run.thread_id, run.id),
            # The model is also in the body, which record_runs does not read.
            assign={name: value for name, value in kept.items() if name not in INDEX_ATTRIBUTES}
            | {"model": run.config.model},
            remove=INDEX_ATTRIBUTES,
            condition=status_in(among),
            values=status_values(among),
        )

    def _explained(self, run: Run) -> RunError:
        """Returns the error for a refused write that needs an open run."""
        stored = self.get(run.tenant, run.thread_id, run.id)
        if stored is None or stored.status.is_final:
            return RunEndedError(f"run {run.id} has ended")
        if stored.status is RunStatus.CANCELLING:
            return RunCancellingError(f"run {run.id} is being cancelled")
        return ResponseShownError(f"the response of run {run.id} was shown")

    def mark_drops(self, tenant: str, thread_id: str, run_id: str) -> bool:
        """Marks that dropped files wait for the run's end; returns False if it has ended."""
        return self._mark(keys.run(tenant, thread_id, run_id), {"has_drops": True})

    def mark_shown(self, run: Run) -> bool:
        """Records that a client receives the run's response, which is not replaced after that.

        Returns False if the run has ended or has another response by now.
        """
        key, response_id = keys.run(run.tenant, run.thread_id, run.id), run.response_id
        return self._mark(key, {"shown_response_id": response_id}, response_id=response_id)

    def _mark(self, key: Item, assign: Item, **same: object) -> bool:
        """Sets attributes of an open run in which others are the same; returns False if not."""
        conditions = [status_in(OPEN_STATUSES), *(f"{n} = :{n}" for n in same)]
        values = status_values(OPEN_STATUSES) | {f":{name}": value for name, value in same.items()}
        write = Write(key=key, assign=assign, condition=" AND ".join(conditions), values=values)
        try:
            self._table.write(write)
        except WriteRefusedError:
            return False
        return True

    def page(self, tenant: str, thread_id: str, request: PageRequest) -> Page[Run]:
        partition = keys.thread_partition(tenant, thread_id)
        return page_of(self._table, partition, keys.RUNS, request, self._read)

    def set_metadata(self, run: Run, metadata: dict[str, str]) -> Run:
        write = Write(
            key=keys.run(run.tenant, run.thread_id, run.id),
            assign={"metadata": json.dumps(metadata)},
            condition="attribute_exists(pk)",
        )
        return self._read(self._table.write(write))

    def read_ended(self, image: Item) -> Run:
        """Returns the run that a stream record's image of an ended run holds.

        Of its configuration it has only the model. Raises ValueError for another item.
        """
        config = RunConfig(model=str(image.get("model", "")), instructions="")
        return read_run(image, {"config": config.model_dump()})

    def _read(self, item: Item) -> Run:
        return read_run(item, self._bodies.unpacked(item))
