"""Budgets and rate limits: counters with atomic, conditional updates."""

from collections.abc import Iterable, Mapping, Sequence

from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.table import Table, Write
from understudy.domain.budgets import RATE_WINDOW_SECONDS, Counter
from understudy.domain.threads import DAY
from understudy.errors import WriteRefusedError

COUNTER_KEPT_SECONDS = 100 * DAY
"""A month, the longest period, and time to review it afterwards."""


class Budgets:
    """The amounts that are spent or held of each budget, in billionths of a dollar."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def hold(self, tenant: str, counter: Counter, nano: int) -> int | None:
        """Adds a hold to a budget; returns the new sum of spent and held, None if it is used up."""
        if counter.limit <= 0:
            return None
        wanted = counting(self._table, tenant, counter.name, nano)
        below = Write(
            key=wanted.key,
            add=wanted.add,
            assign=wanted.assign,
            condition="attribute_not_exists(nano_usd) OR nano_usd < :limit",
            values={":limit": counter.limit},
        )
        try:
            return int(self._table.write(below)["nano_usd"])
        except WriteRefusedError:
            return None

    def add(self, tenant: str, names: Iterable[str], nano: int) -> None:
        """Adds to counters without a condition; a negative amount releases a hold."""
        for name in names:
            self._table.write(counting(self._table, tenant, name, nano))

    def spent(self, tenant: str, names: Sequence[str]) -> Mapping[str, int]:
        """Returns what is spent or held on each counter."""
        items = self._table.get_many([keys.budget(tenant, name) for name in names])
        found = {item["sk"]: int(item["nano_usd"]) for item in items}
        return {name: found.get(name, 0) for name in names}


class RateLimits:
    """Counts the uses of keys per minute.

    The windows are fixed: one conditional write for each request of a limited key, none for other
    keys. Around the border of two windows a caller may use twice the limit in a short time.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def take(self, key_digest: str, kind: str, limit: int) -> bool:
        """Counts one use; returns False if the limit of this minute is reached."""
        window = int(self._table.now() // RATE_WINDOW_SECONDS)
        write = Write(
            key=keys.rate(key_digest, kind, window),
            add={"taken": 1},
            assign={"expires_at": (window + 2) * RATE_WINDOW_SECONDS},
            condition="attribute_not_exists(taken) OR taken < :limit",
            values={":limit": limit},
        )
        try:
            self._table.write(write)
        except WriteRefusedError:
            return False
        return True


def counting(table: Table, tenant: str, name: str, nano: int) -> Write:
    """Returns the write that adds to a budget's counter, to be made alone or in a transaction."""
    return Write(
        key=keys.budget(tenant, name),
        add={"nano_usd": nano},
        assign={"expires_at": int(table.now()) + COUNTER_KEPT_SECONDS},
    )
