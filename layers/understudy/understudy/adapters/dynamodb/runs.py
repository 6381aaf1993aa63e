"""Runs in the table. Immutable fields are one JSON body, mutable fields are separate attributes."""

import json
from collections.abc import Sequence

from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.bodies import Bodies
from understudy.adapters.dynamodb.messages import KEPT_SECONDS, Messages
from understudy.adapters.dynamodb.open_runs import INDEX_ATTRIBUTES, shard_of
from understudy.adapters.dynamodb.paging import page_of
from understudy.adapters.dynamodb.table import Item, Table, Write
from understudy.adapters.dynamodb.thread_items import live_child
from understudy.adapters.dynamodb.threads import Threads
from understudy.domain.deadlines import first_sweep
from understudy.domain.lists import Page, PageRequest
from understudy.domain.messages import Message
from understudy.domain.runs import CANCELLABLE, OPEN_STATUSES, Run, RunConfig, RunStatus
from understudy.domain.threads import Thread
from understudy.domain.translation import order_after
from understudy.errors import RunCancellingError, RunEndedError, RunError, WriteRefusedError

BODY_FIELDS = {"config"}
JSON_FIELDS = {"metadata", "usage", "last_error", "failure", "budget", "receiver"}


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
        """Returns the thread with `active_run_id` only while that run is open; None if missing.

        A run holds its thread exactly as long as it is open: nothing is written to the thread when
        the run ends, and the next write to the thread takes its place.
        """
        thread = self._threads.get(tenant, thread_id)
        if thread is None or thread.active_run_id is None:
            return thread
        run = self.get(tenant, thread_id, thread.active_run_id)
        if run is not None and not run.status.is_final:
            return thread
        order = order_after(run) if run is not None else thread.message_order
        free = {"active_run_id": None, "ended_run_id": thread.active_run_id, "message_order": order}
        return thread.model_copy(update=free)

    def create(self, run: Run, thread: Thread, messages: Sequence[Message]) -> None:
        """Stores a run with the messages before it, and makes it the thread's active run.

        Without messages these are two writes, which cost half of a transaction. If the second one
        never happens, the thread does not know the run, and the sweep ends it. Raises
        WriteRefusedError if the thread was deleted or changed, or has an active run.
        """
        sweep_at = first_sweep(run.created_at, run.deadline)
        item: Item = {
            **keys.run(run.tenant, run.thread_id, run.id),
            **_attributes(run),
            "sweep_shard": shard_of(run.id),
            "sweep_at": sweep_at,
            "expires_at": int(self._table.now()) + KEPT_SECONDS,
        }
        body = {"config": run.config.model_dump(by_alias=True, exclude_none=True)}
        stored = Write(item=self._bodies.packed(item, body))
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

    def change(self, run: Run, **attributes: object) -> Run:
        """Sets attributes of a run that has not ended; returns the changed run.

        Raises RunEndedError if it has ended, and RunCancellingError if the status should change
        but a cancel request came first.
        """
        kept = _attributes(run.model_copy(update=attributes))
        names = ["run_status" if name == "status" else name for name in attributes]
        among = CANCELLABLE if "status" in attributes else OPEN_STATUSES
        write = Write(
            key=keys.run(run.tenant, run.thread_id, run.id),
            assign={name: kept[name] for name in names if name in kept},
            remove=[name for name in names if name not in kept],
            condition=f"run_status IN ({_names(among)})",
            values=_values(among),
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
            condition=f"run_status IN ({_names(among)})",
            values=_values(among),
        )
        try:
            return self._read(self._table.write(write))
        except WriteRefusedError:
            return None

    def add_messages(self, run: Run, messages: Sequence[Message]) -> None:
        """Adds messages of a run that goes on. Raises RunEndedError if it has ended."""
        is_open = Write(
            key=keys.run(run.tenant, run.thread_id, run.id),
            check=True,
            condition=f"run_status IN ({_names(OPEN_STATUSES)})",
            values=_values(OPEN_STATUSES),
        )
        try:
            self._table.transact([is_open, *map(self._messages.writing, messages)])
        except WriteRefusedError as error:
            raise RunEndedError(f"run {run.id} has ended") from error

    def end(self, run: Run, *, messages: Sequence[Message] = ()) -> None:
        """Stores the run's final status and its messages: one transaction, or a single write.

        This is the only place where a run ends. Its thread is free from then on, and everything
        else follows from the table's stream (functions/record_runs). Raises RunCancellingError if a
        cancel request came first and `run` is not cancelled, and RunEndedError if it has ended.
        """
        among = OPEN_STATUSES if run.status is RunStatus.CANCELLED else CANCELLABLE
        kept = _attributes(run)
        final = Write(
            key=keys.run(run.tenant, run.thread_id, run.id),
            # The model is also in the body, which record_runs does not read.
            assign={name: value for name, value in kept.items() if name not in INDEX_ATTRIBUTES}
            | {"model": run.config.model},
            remove=INDEX_ATTRIBUTES,
            condition=f"run_status IN ({_names(among)})",
            values=_values(among),
        )
        try:
            if messages:
                writes = [self._messages.writing(message) for message in messages]
                self._table.transact([final, *writes])
            else:
                self._table.write(final)
        except WriteRefusedError as error:
            raise self._explained(run) from error

    def _explained(self, run: Run) -> RunError:
        """Returns the error for a refused write that needs an open run."""
        stored = self.get(run.tenant, run.thread_id, run.id)
        if stored is not None and stored.status is RunStatus.CANCELLING:
            return RunCancellingError(f"run {run.id} is being cancelled")
        return RunEndedError(f"run {run.id} has ended")

    def mark_drops(self, tenant: str, thread_id: str, run_id: str) -> bool:
        """Marks that dropped files wait for the run's end; returns False if it has ended."""
        write = Write(
            key=keys.run(tenant, thread_id, run_id),
            assign={"has_drops": True},
            condition=f"run_status IN ({_names(OPEN_STATUSES)})",
            values=_values(OPEN_STATUSES),
        )
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
        return _run(image, {"config": config.model_dump()})

    def _read(self, item: Item) -> Run:
        return _run(item, self._bodies.unpacked(item))


def _run(item: Item, body: Item) -> Run:
    fields = {name: value for name, value in item.items() if name not in JSON_FIELDS}
    for name in JSON_FIELDS & item.keys():
        fields[name] = json.loads(item[name])
    return Run.model_validate({**fields, **body, "status": item["run_status"]})


def _attributes(run: Run) -> Item:
    """Returns the attributes of a run's item, without its keys and its body.

    Defaults are left out, because every write is billed by the size of the item. `status` is a
    reserved word in DynamoDB's expressions, so its attribute is `run_status`.
    """
    fields = run.model_dump(mode="json", exclude=BODY_FIELDS | {"status"}, exclude_defaults=True)
    fields["run_status"] = str(run.status)
    for name in JSON_FIELDS & fields.keys():
        fields[name] = json.dumps(fields[name], separators=(",", ":"))
    return fields


def _names(statuses: Sequence[RunStatus]) -> str:
    return ", ".join(f":is_{status}" for status in statuses)


def _values(statuses: Sequence[RunStatus]) -> Item:
    return {f":is_{status}": str(status) for status in statuses}
