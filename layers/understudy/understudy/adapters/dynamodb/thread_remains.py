"""What is left in the table of a thread whose own item is gone."""

from collections.abc import Iterator

from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.runs import Runs
from understudy.adapters.dynamodb.table import Table, Write
from understudy.domain.runs import Run
from understudy.errors import WriteRefusedError


class ThreadRemains:
    """What is left in the table of a thread whose own item is gone.

    Deletes without conditions: what is gone counts as deleted.
    """

    def __init__(self, table: Table, runs: Runs) -> None:
        self._table = table
        self._runs = runs

    def runs(self, tenant: str, thread_id: str) -> Iterator[Run]:
        partition = keys.thread_partition(tenant, thread_id)
        for item in self._table.query(partition, prefix=keys.RUNS):
            run = self._runs.get(tenant, thread_id, item["sk"].removeprefix(keys.RUNS))
            if run is not None:
                yield run

    def delete_run(self, run: Run) -> None:
        """The function calls of a run, and whose its responses are."""
        self._delete(keys.tool_calls_of(run.tenant, run.id))
        responses = {turn.response_id for turn in run.usage} | {run.response_id}
        self._table.delete_many([keys.response(each) for each in responses if each])

    def delete_items(self, tenant: str, thread_id: str) -> int:
        """Messages, runs, steps, notes of files and drops; how many there were."""
        return sum(
            self._delete(partition)
            for partition in (
                keys.thread_partition(tenant, thread_id),
                keys.uses_of(tenant, thread_id),
                keys.waiting_of(tenant, thread_id),
            )
        )

    def delete_pointer(self, tenant: str, user_id: str, purpose: str, thread_id: str) -> None:
        """The note that the thread is a user's for a purpose, if it still names this thread."""
        write = Write(
            key=keys.purpose(tenant, user_id, purpose),
            delete=True,
            condition="thread_id = :thread",
            values={":thread": thread_id},
        )
        try:
            self._table.write(write)
        except WriteRefusedError:
            return  # the user has another thread for it by now, or none

    def _delete(self, partition: str) -> int:
        """Until a look finds nothing: a step that was under way may have written meanwhile."""
        deleted = 0
        while True:
            found = [{"pk": i["pk"], "sk": i["sk"]} for i in self._table.query(partition)]
            if not found:
                return deleted
            self._table.delete_many(found)
            deleted += len(found)
