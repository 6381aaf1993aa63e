"""Runs in the table. Immutable fields are one JSON body, mutable fields are separate attributes."""

import json
from collections.abc import Sequence

from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.bodies import Bodies
from understudy.adapters.dynamodb.messages import KEPT_SECONDS, Messages
from understudy.adapters.dynamodb.paging import page_of
from understudy.adapters.dynamodb.table import Item, Table, Write
from understudy.adapters.dynamodb.thread_items import live_child
from understudy.adapters.dynamodb.threads import Threads
from understudy.domain.lists import Page, PageRequest
from understudy.domain.messages import Message
from understudy.domain.runs import CANCELLABLE, OPEN_STATUSES, Run, RunStatus
from understudy.domain.threads import Thread
from understudy.domain.translation import order_after
from understudy.errors import RunCancellingError, RunEndedError, RunError, WriteRefusedError

OPEN = "open"
STARTING = "starting"
"""Values of the sparse attribute `open_run`: the index has only runs that have not ended, and those
whose execution has not begun under a value of their own."""

BODY_FIELDS = {"config"}
JSON_FIELDS = {"metadata", "usage", "last_error", "budget", "receiver"}
MARKS = {"wake_pending", "task_token"}


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

    def create(self, run: Run, thread: Thread, messages: Sequence[Message]) -> None:
        """Stores a run with the messages before it, and makes it the thread's active run.

        Raises WriteRefusedError if the thread was deleted or changed, or has an active run.
        """
        item: Item = {
            **keys.run(run.tenant, run.thread_id, run.id),
            **_attributes(run),
            "open_run": STARTING,
            "expires_at": int(self._table.now()) + KEPT_SECONDS,
        }
        body = {"config": run.config.model_dump(by_alias=True, exclude_none=True)}
        stored = Write(item=self._bodies.packed(item, body), condition="attribute_not_exists(pk)")
        occupied = self._threads.setting_active_run(thread, run.id, order=run.message_base)
        self._table.transact(
            [occupied, stored, *(self._messages.writing(message) for message in messages)]
        )

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
            assign={name: kept[name] for name in names if name in kept} | {"open_run": OPEN},
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
            assign={"run_status": str(to), "wake_pending": True},
            condition=f"run_status IN ({_names(among)})",
            values=_values(among),
        )
        try:
            return self._read(self._table.write(write))
        except WriteRefusedError:
            return None

    def end(self, run: Run, *, messages: Sequence[Message] = ()) -> None:
        """Stores the run's final status and messages and frees its thread, in one transaction.

        Raises RunCancellingError if a cancel request came first and `run` is not cancelled, and
        RunEndedError if it has ended already.
        """
        among = OPEN_STATUSES if run.status is RunStatus.CANCELLED else CANCELLABLE
        kept = _attributes(run)
        final = Write(
            key=keys.run(run.tenant, run.thread_id, run.id),
            assign={name: value for name, value in kept.items() if name not in MARKS},
            remove=["open_run", *MARKS],
            condition=f"run_status IN ({_names(among)})",
            values=_values(among),
        )
        order = order_after(run)
        freed = self._threads.clearing_active_run(run.tenant, run.thread_id, run.id, order=order)
        writes = [final, *(self._messages.writing(message) for message in messages)]
        try:
            self._table.transact([*writes, freed])
        except WriteRefusedError as error:
            if error.reasons[0] == "ConditionalCheckFailed":
                raise self._explained(run) from error
            # The thread was deleted, or another run is active on it: only the run is written.
            self._end_alone(run, final)

    def _end_alone(self, run: Run, final: Write) -> None:
        try:
            self._table.write(final)
        except WriteRefusedError as error:
            raise self._explained(run) from error

    def _explained(self, run: Run) -> RunError:
        """Returns the error for a refused write that needs an open run."""
        stored = self.get(run.tenant, run.thread_id, run.id)
        if stored is not None and stored.status is RunStatus.CANCELLING:
            return RunCancellingError(f"run {run.id} is being cancelled")
        return RunEndedError(f"run {run.id} has ended")

    def mark_wake_pending(self, tenant: str, thread_id: str, run_id: str) -> Run | None:
        """Marks that a callback arrived; returns the run, or None if it has ended."""
        write = Write(
            key=keys.run(tenant, thread_id, run_id),
            assign={"wake_pending": True},
            condition="attribute_exists(open_run)",
        )
        try:
            return self._read(self._table.write(write))
        except WriteRefusedError:
            return None

    def clear_wake_pending(self, run: Run) -> Run:
        """Removes the mark; returns the run with everything that was written before."""
        write = Write(
            key=keys.run(run.tenant, run.thread_id, run.id),
            remove=("wake_pending",),
            condition="attribute_exists(open_run)",
        )
        try:
            return self._read(self._table.write(write))
        except WriteRefusedError as error:
            raise self._explained(run) from error

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

    def overdue(self, before: int, limit: int) -> list[tuple[str, str, str]]:
        """Returns (tenant, thread_id, run_id) of open runs whose deadline is before `before`."""
        return [
            ids
            for value in (OPEN, STARTING)
            for ids in self._in_index(value, up_to=before, limit=limit)
        ]

    def not_taken_up(self, limit: int) -> list[tuple[str, str, str]]:
        """Returns the same of runs whose execution has not begun, the earliest deadline first."""
        return self._in_index(STARTING, up_to=None, limit=limit)

    def _in_index(self, value: str, *, up_to: int | None, limit: int) -> list[tuple[str, str, str]]:
        found = self._table.query_index(
            "open_runs", ("open_run", value), range_key="deadline", up_to=up_to, limit=limit
        )
        return [_ids(item) for item in found]

    def _read(self, item: Item) -> Run:
        fields = {name: value for name, value in item.items() if name not in JSON_FIELDS}
        for name in JSON_FIELDS & item.keys():
            fields[name] = json.loads(item[name])
        body = self._bodies.unpacked(item)
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


def _ids(item: Item) -> tuple[str, str, str]:
    """Returns tenant, thread and run from the keys of a run's item; the index has only these."""
    _, tenant, thread_id = item["pk"].split("#", 2)
    return tenant, thread_id, item["sk"].removeprefix(keys.RUNS)
