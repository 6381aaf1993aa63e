"""Writes to moto's DynamoDB: stream records as they happen, transactions without table copies."""

import copy
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import StreamShard, Table

StreamListener = Callable[[str, dict[str, Any]], None]

_KEPT_RECORDS = 1000
"""Stream records that GetRecords can still read."""

_add_record = StreamShard.add
_transact = DynamoDBBackend.transact_write_items


def _copy_all_but_tables(value: Any, memo: Any = None) -> Any:
    return value if isinstance(value, Table) else copy.deepcopy(value, memo)


COPY = SimpleNamespace(deepcopy=_copy_all_but_tables)
"""Stands for the module `copy` in moto's DynamoDB models, where a transaction copies tables."""


class Writes:
    """Follows what is written. The server lets one DynamoDB request in at a time."""

    def __init__(self, listener: StreamListener) -> None:
        self._listener = listener
        self._transaction: list[tuple[str, dict[str, Any]]] | None = None

    def add_record(self, shard: StreamShard, old: Item | None, new: Item | None) -> None:
        """moto gives stream records to nobody but its own Lambda, and keeps all of them."""
        _add_record(shard, old, new)
        record = (shard.table.name, copy.deepcopy(shard.items[-1].to_json()))
        surplus = len(shard.items) - _KEPT_RECORDS
        if surplus > 0:
            del shard.items[:surplus]
            shard.starting_sequence_number += surplus
        if self._transaction is not None:
            self._transaction.append(record)
        else:
            self._listener(*record)

    def transact(self, backend: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
        """moto copies every table of a transaction, which takes a second at 30,000 items, and
        puts the copy in the table's place when the transaction fails."""
        touched = [_Touched(backend, operation) for operation in _operations(transact_items)]
        self._transaction = []
        try:
            _transact(backend, transact_items)
        except Exception:  # whatever moto refuses it with, nothing is half done
            for item in reversed(touched):
                item.restore()
            raise
        else:
            for record in self._transaction:
                self._listener(*record)
        finally:
            self._transaction = None


def _operations(transact_items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [operation for item in transact_items for operation in item.values()]


class _Touched:
    """One item that a transaction may write, as it was before."""

    def __init__(self, backend: DynamoDBBackend, operation: dict[str, Any]) -> None:
        self._table: Table | None = backend.tables.get(operation.get("TableName", ""))
        if self._table is None:
            return
        key = operation.get("Key") or operation.get("Item", {})
        if not {self._table.hash_key_attr, self._table.range_key_attr} - {None} <= key.keys():
            self._table = None  # refused by the transaction itself
            return
        self._hash = DynamoType(key[self._table.hash_key_attr])
        ranged = self._table.range_key_attr
        self._range = DynamoType(key[ranged]) if ranged else None
        self._before = copy.deepcopy(self._table.get_item(self._hash, self._range))
        self._records = len(self._table.stream_shard.items) if self._table.stream_shard else 0

    def restore(self) -> None:
        if self._table is None:
            return
        if self._range is None and self._before is not None:
            self._table.items[self._hash] = self._before
        elif self._before is not None:
            self._table.items[self._hash][self._range] = self._before
        elif self._range is None:
            self._table.items.pop(self._hash, None)
        else:
            self._table.items[self._hash].pop(self._range, None)
        if self._table.stream_shard:
            del self._table.stream_shard.items[self._records :]
