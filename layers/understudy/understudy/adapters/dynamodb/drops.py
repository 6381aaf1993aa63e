"""Dropped files that wait for their thread, and which version of a key is the newest."""

import hashlib
from collections.abc import Iterator
from secrets import token_hex

from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.messages import KEPT_SECONDS
from understudy.adapters.dynamodb.table import Table, Write
from understudy.domain.drops import WaitingDrop, padded_sequencer
from understudy.errors import WriteRefusedError


class Drops:
    """Dropped files that wait for their thread, and which version of a key is the newest."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def note_version(self, tenant: str, key: str, sequencer: str, file_id: str) -> bool:
        """Whether no later version of the key was noted before. `sequencer` is S3's."""
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
        """The file that the newest version of the key became."""
        item = self._table.get(keys.drop(tenant, _digest(key)))
        return str(item["file_id"]) if item else None

    def forget(self, tenant: str, key: str) -> None:
        """The newest version of the key was removed."""
        self._table.delete_many([keys.drop(tenant, _digest(key))])

    def wait(self, drop: WaitingDrop) -> bool:
        """Puts it in line for its thread; False if that is gone."""
        key = keys.waiting(drop.tenant, drop.thread_id, drop.file_id)
        fields = drop.model_dump(exclude_none=True)
        inline = Write(item={**key, **fields, "expires_at": self._kept()})
        # The stream tells of the end of a run only for threads with this mark.
        marked = Write(
            key=keys.thread(drop.tenant, drop.thread_id),
            assign={"has_drops": True},
            condition="attribute_exists(pk) AND expires_at > :now",
            values={":now": int(self._table.now())},
        )
        try:
            self._table.transact([inline, marked])
        except WriteRefusedError:
            return False
        return True

    def claim(self, drop: WaitingDrop, *, until: float) -> bool:
        """The client repeats a write whose answer is lost: `claimant` tells our own claim."""
        me = token_hex(8)
        write = Write(
            key=keys.waiting(drop.tenant, drop.thread_id, drop.file_id),
            assign={"claimed": int(until), "claimant": me},
            condition=(
                "attribute_exists(pk) AND"
                " (attribute_not_exists(claimed) OR claimed <= :now OR claimant = :me)"
            ),
            values={":now": int(self._table.now()), ":me": me},
        )
        return self._is_written(write)

    def let_go(self, drop: WaitingDrop) -> None:
        """It goes on waiting."""
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
        """Oldest first."""
        items = self._table.query(keys.waiting_of(tenant, thread_id))
        return map(WaitingDrop.model_validate, items)

    def admitted(self, drop: WaitingDrop) -> None:
        """It waits no more."""
        self._table.delete_many([keys.waiting(drop.tenant, drop.thread_id, drop.file_id)])

    def _kept(self) -> int:
        return int(self._table.now()) + KEPT_SECONDS


def _digest(key: str) -> str:
    """A key may be longer than a partition key's 2,048 bytes leave room for, or hold a `#`."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
