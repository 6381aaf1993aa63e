"""Messages in the table."""

from collections.abc import Iterator

from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.bodies import Bodies
from understudy.adapters.dynamodb.paging import first_page, page_of
from understudy.adapters.dynamodb.table import Item, Table, Write
from understudy.domain.lists import Page, PageRequest
from understudy.domain.messages import Message
from understudy.domain.threads import DAY
from understudy.errors import WriteRefusedError

KEPT_SECONDS = 2 * 365 * DAY
"""What hangs on a thread goes when the thread goes; its own TTL is a backstop."""


class DynamoMessages:
    """Fits the port Messages."""

    def __init__(self, table: Table, bodies: Bodies) -> None:
        self._table = table
        self._bodies = bodies

    def get(self, tenant: str, thread_id: str, message_id: str) -> Message | None:
        item = self._table.get(keys.message(tenant, thread_id, message_id))
        return self._read(item) if item else None

    def put(self, message: Message) -> None:
        self._table.write(self.writing(message))

    def writing(self, message: Message) -> Write:
        """The write that stores a message, to be part of a transaction."""
        key = keys.message(message.tenant, message.thread_id, message.id)
        item: Item = {**key, "expires_at": int(self._table.now()) + KEPT_SECONDS}
        if message.run_id:
            item["run_id"] = message.run_id
        return Write(item=self._bodies.packed(item, message.model_dump(exclude_none=True)))

    def delete(self, tenant: str, thread_id: str, message_id: str) -> bool:
        key = keys.message(tenant, thread_id, message_id)
        try:
            self._table.write(Write(key=key, delete=True, condition="attribute_exists(pk)"))
        except WriteRefusedError:
            return False
        return True

    def page(
        self, tenant: str, thread_id: str, request: PageRequest, *, run_id: str | None = None
    ) -> Page[Message]:
        partition = keys.thread_partition(tenant, thread_id)
        prefix = keys.MESSAGES
        if run_id is None:
            return page_of(self._table, partition, prefix, request, self._read)
        low = request.before if request.newest_first else request.after
        high = request.after if request.newest_first else request.before
        items = self._table.query(
            partition,
            prefix=prefix,
            after=None if low is None else prefix + low,
            before=None if high is None else prefix + high,
            newest_first=request.newest_first,
        )
        of_run = (self._read(item) for item in items if item.get("run_id") == run_id)
        return first_page(of_run, request.limit)

    def newest_first(self, tenant: str, thread_id: str) -> Iterator[Message]:
        partition = keys.thread_partition(tenant, thread_id)
        items = self._table.query(partition, prefix=keys.MESSAGES, newest_first=True)
        return map(self._read, items)

    def _read(self, item: Item) -> Message:
        return Message.model_validate(self._bodies.unpacked(item))
