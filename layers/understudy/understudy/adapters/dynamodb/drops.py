"""Dropped files that wait for their thread, and the newest version of each key."""

import hashlib
from collections.abc import Iterator
from secrets import token_hex

from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.messages import KEPT_SECONDS
from understudy.adapters.dynamodb.table import Table, Write
from understudy.adapters.dynamodb.thread_items import thread_is_alive
from understudy.domain.drops import WaitingDrop, padded_sequencer
from understudy.errors import WriteRefusedError


class Drops:
    """Dropped files that wait for their thread, and the newest version of each key."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def record_version(self, tenant: str, key: str, sequencer: str, file_id: str) -> bool:
        """Records a version of the key; False if a later one is known. `sequencer` is S3's."""
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
        """Returns the id of the file that the newest version of the key became."""
        item = self._table.get(keys.drop(tenant, _digest(key)))
        return str(item["file_id"]) if item else None

    def forget(self, tenant: str, key: str) -> None:
        """Deletes the record of the key's newest version."""
        self._table.delete_many([keys.drop(tenant, _digest(key))])

    def enqueue(self, drop: WaitingDrop) -> bool:
        """Queues the drop for its thread; False if the thread is missing."""
        key = keys.waiting(drop.tenant, drop.thread_id, drop.file_id)
        fields = drop.model_dump(exclude_none=True)
        queued = Write(item={**key, **fields, "expires_at": self._kept()})
        try:
            self._table.transact(
                [queued, thread_is_alive(self._table, drop.tenant, drop.thread_id)]
            )
        except WriteRefusedError:
            return False
        return True

    def claim(self, drop: WaitingDrop, *, until: float) -> bool:
        """Claims the drop; False while another claim is valid. `until` is in Unix seconds.

        botocore retries a write whose response was lost; `claimant` makes the retry succeed.
        """
        claimant = token_hex(8)
        write = Write(
            key=keys.waiting(drop.tenant, drop.thread_id, drop.file_id),
            assign={"claimed": int(until), "claimant": claimant},
            condition=(
                "attribute_exists(pk) AND"
                " (attribute_not_exists(claimed) OR claimed <= :now OR claimant = :own)"
            ),
            values={":now": int(self._table.now()), ":own": claimant},
        )
        return self._is_written(write)

    def release(self, drop: WaitingDrop) -> None:
        """Releases the claim; the drop stays in the queue."""
        write = Write(
            key=keys.waiting(drop.tenant, drop.thread_id, drop.file_id),
            assign={"claimed": 0},
            condition="attribute_exists(pk) AND attribute_exists(claimed)",
        )
        self._is_written(write)

    def _is_written(self, write: Write) -> bool:
        try:
            self._table.write(write)
        except WriteRefusedError:
            return False
        return True

    def waiting(self, tenant: str, thread_id: str) -> Iterator[WaitingDrop]:
        """Yields the queued drops of a thread, oldest first."""
        items = self._table.query(keys.waiting_of(tenant, thread_id))
        return map(WaitingDrop.model_validate, items)

    def dequeue(self, drop: WaitingDrop) -> None:
        """Removes the drop from the queue."""
        self._table.delete_many([keys.waiting(drop.tenant, drop.thread_id, drop.file_id)])

    def _kept(self) -> int:
        return int(self._table.now()) + KEPT_SECONDS


def _digest(key: str) -> str:
    """Returns a text of fixed length without `#`, which object keys may contain."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
