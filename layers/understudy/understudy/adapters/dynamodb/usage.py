"""The usage ledger: sums of the runs' usage by day, user, assistant and model.

Each run is counted once. The sums and the run's mark are written in one transaction, so a retry or
a concurrent recording does not count it twice.
"""

from collections.abc import Iterator
from hashlib import blake2b

from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.budgets import counting
from understudy.adapters.dynamodb.table import Item, Table, Write
from understudy.domain.runs import Run
from understudy.domain.threads import DAY
from understudy.domain.usage import COUNTED, UsageRow, UsageTotals
from understudy.errors import WriteRefusedError

MARK_KEPT_SECONDS = 30 * DAY
"""Longer than a run's end may be reported again: dead letters are kept for 14 days."""

ROW_KEPT_SECONDS = 400 * DAY
"""A year and a month."""

NAME_BYTES = 12
"""Length of the hash that names a row within its day; user ids and model names may be long."""


class Usage:
    """The ledger of the runs' usage."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def record(self, run: Run, row: UsageRow) -> bool:
        """Counts an ended run once and settles its budgets.

        Returns whether its end has still to be announced.
        """
        mark: Item = {
            **keys.recorded(run.tenant, run.id),
            "expires_at": int(self._table.now()) + MARK_KEPT_SECONDS,
        }
        settled = run.budget.settlement(run.usage) if run.budget else {}
        writes = [
            Write(item=mark, condition="attribute_not_exists(pk)"),
            self._adding(run.tenant, row),
            *(counting(self._table, run.tenant, name, add) for name, add in settled.items()),
        ]
        try:
            self._table.transact(writes)
        except WriteRefusedError:
            found = self._table.get(keys.recorded(run.tenant, run.id))
            return found is not None and "announced" not in found
        return True

    def announced(self, run: Run) -> None:
        """Marks the run's completion event as published."""
        self._table.write(Write(key=keys.recorded(run.tenant, run.id), assign={"announced": True}))

    def rows(self, tenant: str, first_day: str, last_day: str) -> Iterator[UsageRow]:
        """Yields the rows of a range of days, both included; they are read lazily."""
        items = self._table.query(keys.usage_of(tenant), after=first_day, before=f"{last_day}#\x7f")
        return map(_read, items)

    def _adding(self, tenant: str, row: UsageRow) -> Write:
        named = "\n".join((row.user_id or "", row.assistant_id, row.model))
        name = blake2b(named.encode("utf-8", "surrogatepass"), digest_size=NAME_BYTES).hexdigest()
        described = row.model_dump(exclude={"totals"}, exclude_none=True)
        expires_at = int(self._table.now()) + ROW_KEPT_SECONDS
        return Write(
            key=keys.usage(tenant, row.day, name),
            assign={**described, "expires_at": expires_at},
            add=row.totals.model_dump(),
        )


def _read(item: Item) -> UsageRow:
    totals = UsageTotals(**{name: item.get(name, 0) for name in COUNTED})
    return UsageRow.model_validate({**item, "totals": totals})
