"""Messages in the table."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.bodies import Bodies
from understudy.adapters.dynamodb.paging import Span, page_of, readings
from understudy.adapters.dynamodb.run_items import status_in, status_values
from understudy.adapters.dynamodb.table import Item, Table, Write
from understudy.adapters.dynamodb.thread_items import live_child, thread_is_alive
from understudy.domain.ids import bare_id
from understudy.domain.lists import Page, PageRequest
from understudy.domain.messages import Message
from understudy.domain.runs import OPEN_STATUSES, Run
from understudy.domain.threads import DAY
from understudy.domain.translation import message_span
from understudy.errors import RunEndedError, WriteRefusedError

KEPT_SECONDS = 2 * 365 * DAY
"""clean_up_thread deletes a thread's contents; their own TTL is a backstop."""


class Messages:
    """The messages of threads."""

    def __init__(self, table: Table, bodies: Bodies) -> None:
        self._table = table
        self._bodies = bodies

    def get(self, tenant: str, thread_id: str, message_id: str) -> Message | None:
        """Returns the message; None if the message or its thread is missing or expired."""
        key = keys.message(tenant, thread_id, message_id)
        item = live_child(self._table, tenant, thread_id, key)
        return self._read(item) if item else None

    def put(self, message: Message) -> None:
        self._table.write(self.writing(message))

    def writing(self, message: Message) -> Write:
        """Returns the write that stores a message, for a transaction."""
        key = keys.message(message.tenant, message.thread_id, message.id)
        item: Item = {**key, "expires_at": int(self._table.now()) + KEPT_SECONDS}
        if message.run_id:
            item["run_id"] = message.run_id
        return Write(item=self._bodies.packed(item, message.model_dump(exclude_none=True)))

    def add_of_open_run(self, run: Run, messages: Sequence[Message]) -> None:
        """Stores messages of a run that goes on. Raises RunEndedError if it has ended."""
        is_open = Write(
            key=keys.run(run.tenant, run.thread_id, run.id),
            check=True,
            condition=status_in(OPEN_STATUSES),
            values=status_values(OPEN_STATUSES),
        )
        try:
            self._table.transact([is_open, *map(self.writing, messages)])
        except WriteRefusedError as error:
            raise RunEndedError(f"run {run.id} has ended") from error

    def change(self, message: Message) -> bool:
        """Replaces the message; False if it or its thread is missing."""
        changed = replace(self.writing(message), condition="attribute_exists(pk)")
        return self._write_below(message.tenant, message.thread_id, changed)

    def delete(self, tenant: str, thread_id: str, message_id: str) -> bool:
        """Deletes the message; False if it or its thread is missing."""
        key = keys.message(tenant, thread_id, message_id)
        deleted = Write(key=key, delete=True, condition="attribute_exists(pk)")
        return self._write_below(tenant, thread_id, deleted)

    def _write_below(self, tenant: str, thread_id: str, write: Write) -> bool:
        """Writes on condition that the thread is alive."""
        try:
            self._table.transact([thread_is_alive(self._table, tenant, thread_id), write])
        except WriteRefusedError:
            return False
        return True

    def page(
        self, tenant: str, thread_id: str, request: PageRequest, *, run: Run | None = None
    ) -> Page[Message]:
        """Returns a page of the thread's messages, or of those that a run wrote."""
        partition = keys.thread_partition(tenant, thread_id)
        if run is None:
            return page_of(self._table, partition, keys.MESSAGES, request, self._read)
        span, (first, last) = Span.of(request), message_span(run)
        items = self._table.query(
            partition,
            prefix=keys.MESSAGES,
            after=keys.MESSAGES + max(first, span.low or first),
            before=keys.MESSAGES + min(last, span.high or last),
            newest_first=span.newest_first,
        )
        of_run = (item for item in items if item.get("run_id") == run.id)
        return span.page(readings(of_run, self._read))

    def newest_first(self, tenant: str, thread_id: str) -> Iterator[Message]:
        """Yields all messages; they are read from the table page by page."""
        partition = keys.thread_partition(tenant, thread_id)
        items = self._table.query(partition, prefix=keys.MESSAGES, newest_first=True)
        return map(self._read, items)

    def before_run(self, run: Run) -> Iterator[Message]:
        """Yields the messages that the run reads, the newest one first.

        Messages that were added since are for the next run.
        """
        items = self._table.query(
            keys.thread_partition(run.tenant, run.thread_id),
            prefix=keys.MESSAGES,
            before=keys.MESSAGES + bare_id("msg", order=run.message_base + 1),
            newest_first=True,
        )
        return map(self._read, items)

    def _read(self, item: Item) -> Message:
        return Message.model_validate(self._bodies.unpacked(item))
