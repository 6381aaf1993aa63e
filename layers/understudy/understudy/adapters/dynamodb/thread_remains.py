"""What is left in the table after a thread's own item was deleted."""

from collections.abc import Iterator

from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.runs import Runs
from understudy.adapters.dynamodb.table import Table, Write
from understudy.domain.ids import bare_id
from understudy.domain.runs import Run
from understudy.domain.translation import LAST_CHARACTER, message_span
from understudy.errors import WriteRefusedError


class ThreadRemains:
    """The items of threads whose own item was deleted. All deletes are idempotent."""

    def __init__(self, table: Table, runs: Runs) -> None:
        self._table = table
        self._runs = runs

    def runs(self, tenant: str, thread_id: str) -> Iterator[Run]:
        """Yields the runs of the thread."""
        partition = keys.thread_partition(tenant, thread_id)
        for item in self._table.query(partition, prefix=keys.RUNS):
            run = self._runs.get(tenant, thread_id, item["sk"].removeprefix(keys.RUNS))
            if run is not None:
                yield run

    def delete_run(self, run: Run) -> None:
        """Deletes the function calls of a run, and the records of its waits."""
        self._delete(keys.tool_calls_of(run.tenant, run.id))
        waits = {used.response_id for used in run.usage} | {run.response_id, run.id}
        self._table.delete_many([keys.wait(each) for each in waits if each])

    def discard_run(self, run: Run) -> None:
        """Deletes a run with its steps, its calls, and the messages that came with it or from it.

        The run's own item goes last, so that a retry finds it.
        """
        self.delete_run(run)
        partition = keys.thread_partition(run.tenant, run.thread_id)
        before = bare_id("msg", order=run.message_base - run.added_messages) + LAST_CHARACTER
        _, after = message_span(run)
        self._delete(partition, prefix=keys.steps_of(run.id))
        self._delete(partition, after=keys.MESSAGES + before, before=keys.MESSAGES + after)
        self._table.delete_many([keys.run(run.tenant, run.thread_id, run.id)])

    def delete_items(self, tenant: str, thread_id: str) -> int:
        """Deletes messages, runs, steps, uses of files and queued drops; returns their number."""
        return sum(
            self._delete(partition)
            for partition in (
                keys.thread_partition(tenant, thread_id),
                keys.uses_of(tenant, thread_id),
                keys.waiting_of(tenant, thread_id),
            )
        )

    def delete_pointer(self, tenant: str, user_id: str, purpose: str, thread_id: str) -> None:
        """Deletes the user's pointer for the purpose if it still names this thread."""
        write = Write(
            key=keys.purpose(tenant, user_id, purpose),
            delete=True,
            condition="thread_id = :thread",
            values={":thread": thread_id},
        )
        try:
            self._table.write(write)
        except WriteRefusedError:
            return  # the pointer names another thread, or is missing

    def _delete(
        self,
        partition: str,
        *,
        prefix: str = "",
        after: str | None = None,
        before: str | None = None,
    ) -> int:
        """Deletes until a query finds nothing: a concurrent step may still write items."""
        deleted = 0
        while True:
            items = self._table.query(partition, prefix=prefix, after=after, before=before)
            found = [{"pk": item["pk"], "sk": item["sk"]} for item in items]
            if not found:
                return deleted
            self._table.delete_many(found)
            deleted += len(found)
