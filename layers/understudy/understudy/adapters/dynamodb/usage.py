"""The usage ledger: sums of the runs' usage by user, assistant, model and key, per half minute.

Each run is counted once, however often and in whatever batches the stream delivers its end: the row
that a run belongs to follows from the run alone, and the row has an entry for each run in its sums.
Sums and entries are one write. Because a row covers only half a minute, it stays small.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from hashlib import blake2b
from typing import Final

from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.budgets import counting
from understudy.adapters.dynamodb.table import Item, Key, Table, Write
from understudy.domain.runs import Run
from understudy.domain.threads import DAY
from understudy.domain.usage import COUNTED, UsageRow, UsageTotals
from understudy.domain.usage_rows import (
    read_entry,
    row_name,
    row_number,
    run_entry,
    usage_row,
)
from understudy.errors import WriteRefusedError

ROW_KEPT_SECONDS: Final = 400 * DAY
"""A year and a month."""

NAME_BYTES: Final = 12
"""Length of the hash that names a row; user ids and model names may be long."""

MARK_BYTES: Final = 6
"""Length of the hash that names a run's entry: 48 bits, for a few hundred runs at most."""

SUMS: Final = (
    "pk",
    "sk",
    "expires_at",
    "day",
    "user_id",
    "assistant_id",
    "model",
    "api_key",
    *COUNTED,
)
"""The attributes of a row without its entries."""

RUNS_OF_WRITE: Final = 20
"""A write with its budgets has at most 81 items; a transaction may have 100."""


class Usage:
    """The ledger of the runs' usage."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def uncounted(self, runs: Sequence[Run]) -> list[Run]:
        """Returns the runs that the ledger has not counted, each once."""
        runs = list({run.id: run for run in runs}.values())
        places = {run.id: self._place(run) for run in runs}
        wanted = {(key["pk"], key["sk"]): key for key in places.values()}
        found = {
            (item["pk"], item["sk"]): item for item in self._table.get_many([*wanted.values()])
        }
        return [
            run
            for run in runs
            if mark_of(run.id) not in found.get((places[run.id]["pk"], places[run.id]["sk"]), {})
        ]

    def count(self, runs: Sequence[Run]) -> list[Run]:
        """Counts ended runs and settles their budgets; returns those that were not counted before.

        Runs of one row share a write. Raises StorageUnavailableError; call it again then.
        """
        counted: list[Run] = []
        rows: dict[tuple[str, str], list[Run]] = {}
        for run in runs:
            key = self._place(run)
            rows.setdefault((key["pk"], key["sk"]), []).append(run)
        for same_row in rows.values():
            for start in range(0, len(same_row), RUNS_OF_WRITE):
                counted += self._count(same_row[start : start + RUNS_OF_WRITE])
        return counted

    def count_request(
        self, tenant: str, request_id: str, row: UsageRow, settled: Mapping[str, int]
    ) -> None:
        """Counts a forwarded request and settles its budgets, once for each request id.

        `settled` has the amount to add to each of the tenant's counters.
        """
        mark = mark_of(request_id)
        key = keys.usage(tenant, row.day, f"{row_number(self._table.now())}#{_hash_of(row)}")
        described = row.model_dump(exclude={"totals", "runs"}, exclude_none=True)
        expires_at = int(self._table.now()) + ROW_KEPT_SECONDS
        adding = Write(
            key=key,
            assign={**described, mark: True, "expires_at": expires_at},
            add=row.totals.model_dump(),
            condition=f"attribute_not_exists({mark})",
        )
        settling = [counting(self._table, tenant, name, nano) for name, nano in settled.items()]
        with suppress(WriteRefusedError):  # counted by an earlier attempt
            self._table.transact([adding, *settling])

    def rows(
        self, tenant: str, first_day: str, last_day: str, *, with_runs: bool = False
    ) -> Iterator[UsageRow]:
        """Yields the rows of a range of days, both included; they are read lazily."""
        items = self._table.query(
            keys.usage_of(tenant),
            after=first_day,
            before=f"{last_day}#\x7f",
            only=() if with_runs else SUMS,
        )
        return map(_read, items)

    def _count(self, runs: list[Run]) -> list[Run]:
        """Counts runs of one row. If some were counted before, counts the others."""
        while runs:
            writes = [self._adding(runs), *self._settling(runs)]
            try:
                if len(writes) == 1:
                    self._table.write(writes[0])
                else:
                    self._table.transact(writes)
                return runs
            except WriteRefusedError:
                runs = self.uncounted(runs)
        return []

    def _adding(self, runs: Sequence[Run]) -> Write:
        row = usage_row(runs[0])
        totals = UsageTotals()
        for run in runs:
            totals = totals.plus(usage_row(run).totals)
        described = row.model_dump(exclude={"totals", "runs"}, exclude_none=True)
        entries = {mark_of(run.id): run_entry(run) for run in runs}
        expires_at = int(self._table.now()) + ROW_KEPT_SECONDS
        return Write(
            key=self._place(runs[0]),
            assign={**described, **entries, "expires_at": expires_at},
            add=totals.model_dump(),
            condition=" AND ".join(f"attribute_not_exists({mark})" for mark in entries),
        )

    def _settling(self, runs: Iterable[Run]) -> Iterator[Write]:
        """Yields one write for each budget that the runs have held money on."""
        amounts: Counter[tuple[str, str]] = Counter()
        for run in runs:
            settled = run.budget.settlement(run.usage) if run.budget else {}
            for name, nano in settled.items():
                amounts[run.tenant, name] += nano
        for (tenant, name), nano in amounts.items():
            yield counting(self._table, tenant, name, nano)

    def _place(self, run: Run) -> Key:
        row = usage_row(run)
        return keys.usage(run.tenant, row.day, f"{row_name(run)}#{_hash_of(row)}")


def _hash_of(row: UsageRow) -> str:
    named = "\n".join((row.user_id or "", row.assistant_id, row.model, row.api_key or ""))
    return blake2b(named.encode("utf-8", "surrogatepass"), digest_size=NAME_BYTES).hexdigest()


def mark_of(run_id: str) -> str:
    """Returns the attribute that holds a run's entry in its row."""
    return f"r{blake2b(run_id.encode(), digest_size=MARK_BYTES).hexdigest()}"


def _is_entry(name: str) -> bool:
    return name.startswith("r") and len(name) == 1 + 2 * MARK_BYTES


def _read(item: Item) -> UsageRow:
    totals = UsageTotals(**{name: item.get(name, 0) for name in COUNTED})
    entries = [text for name, text in item.items() if _is_entry(name) and text is not True]
    return UsageRow.model_validate(
        {**item, "totals": totals, "runs": list(map(read_entry, entries))}
    )
