"""The index of open runs by the time at which the sweep reads them.

A run is in the index from its creation to its end, which costs a write each. The hash key has many
values, because DynamoDB limits the writes of one value to 1,000 a second.
"""

from hashlib import blake2b
from typing import Final

from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.table import Item, Table, Write
from understudy.domain.deadlines import UNSTARTED_SECONDS, last_sweep
from understudy.domain.runs import Run
from understudy.errors import WriteRefusedError

SHARDS: Final = 16
"""Hash values: 8,000 runs a second can be created and ended. The sweep queries each of them."""

INDEX_ATTRIBUTES: Final = ("sweep_shard", "sweep_at")

MARGIN: Final = UNSTARTED_SECONDS // 2
"""How long before its first sweep a run at work postpones it."""

RunIds = tuple[str, str, str]


def shard_of(run_id: str) -> str:
    """Returns the hash key of a run in the index."""
    digest = blake2b(run_id.encode(), digest_size=1).digest()
    return f"open#{digest[0] % SHARDS:02d}"


class OpenRuns:
    """Open runs by the time of their next sweep."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def due(self, now: int, limit: int) -> list[RunIds]:
        """Returns (tenant, thread_id, run_id) of open runs to sweep, the longest overdue first.

        At most `limit` for each hash value. The index is eventually consistent.
        """
        found: list[Item] = []
        for number in range(SHARDS):
            found += self._table.query_index(
                "open_runs",
                ("sweep_shard", f"open#{number:02d}"),
                range_key="sweep_at",
                up_to=now,
                limit=limit,
            )
        return [_ids(item) for item in sorted(found, key=lambda item: int(item["sweep_at"]))]

    def postpone(self, run: Run, now: float) -> None:
        """Moves the sweep of a run that is being worked on to after its deadline.

        Called at every check, it writes once in a run's life, and never for a short run.
        """
        last = last_sweep(run.deadline)
        if run.sweep_at is not None and run.sweep_at < last and now >= run.sweep_at - MARGIN:
            self.sweep_again(run, last)

    def sweep_again(self, run: Run, at: int) -> None:
        """Sets the time of an open run's next sweep."""
        write = Write(
            key=keys.run(run.tenant, run.thread_id, run.id),
            assign={"sweep_at": at},
            condition="attribute_exists(sweep_at)",
        )
        try:
            self._table.write(write)
        except WriteRefusedError:
            return  # the run has ended


def _ids(item: Item) -> RunIds:
    """Returns the ids from the keys of a run's item; the index has only these."""
    _, tenant, thread_id = item["pk"].split("#", 2)
    return tenant, thread_id, item["sk"].removeprefix(keys.RUNS)
