"""Dropped files that wait for their thread, and which version of a key is the newest."""

import hashlib
from collections.abc import Iterator

from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.messages import KEPT_SECONDS
from understudy.adapters.dynamodb.table import Table, Write
from understudy.domain.drops import WaitingDrop, padded_sequencer
from understudy.errors import WriteRefusedError


class DynamoDrops:
    """Fits the port Drops."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def note_version(self, tenant: str, key: str, sequencer: str, file_id: str) -> bool:
        padded = padded_sequencer(sequencer)
        write = Write(
            key=keys.drop(tenant, _digest(key)),
            assign={"sequencer": padded, "file_id": file_id, "expires_at": self._kept()},
            condition="attribute_not_exists(pk) OR sequencer <= :padded",
            values={":padded": padded},
        )
        try:
            self._table.write(write)
        except WriteRefusedError:
            return False
        return True

    def newest(self, tenant: str, key: str) -> str | None:
        item = self._table.get(keys.drop(tenant, _digest(key)))
        return str(item["file_id"]) if item else None

    def wait(self, drop: WaitingDrop) -> None:
        key = keys.waiting(drop.tenant, drop.thread_id, drop.file_id)
        fields = drop.model_dump(exclude_none=True)
        self._table.write(Write(item={**key, **fields, "expires_at": self._kept()}))

    def waiting(self, tenant: str, thread_id: str) -> Iterator[WaitingDrop]:
        items = self._table.query(keys.waiting_of(tenant, thread_id))
        return map(WaitingDrop.model_validate, items)

    def admitted(self, drop: WaitingDrop) -> None:
        self._table.delete_many([keys.waiting(drop.tenant, drop.thread_id, drop.file_id)])

    def _kept(self) -> int:
        return int(self._table.now()) + KEPT_SECONDS


def _digest(key: str) -> str:
    """A key may be longer than a partition key's 2,048 bytes leave room for, or hold a `#`."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
