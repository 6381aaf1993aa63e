"""Corrections of moto's DynamoDB: prompt stream records, and no copy or scan of whole tables."""

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
_query = Table.query


def _copy_all_but_tables(value: Any, memo: Any = None) -> Any:
    return value if isinstance(value, Table) else copy.deepcopy(value, memo)


COPY = SimpleNamespace(deepcopy=_copy_all_but_tables)
"""Replaces the module `copy` in moto's DynamoDB models, where a transaction copies tables."""


def query(
    table: Table,
    hash_key: DynamoType | None,
    comparison: str | None,
    values: list[DynamoType],
    limit: int,
    start_key: dict[str, Any],
    forward: bool,
    projection: list[list[str]] | None,
    index_name: str | None = None,
    *others: Any,
    **conditions: Any,
) -> Any:
    """Queries one partition: moto searches the whole table, 20 ms at 30,000 items.

    A query of an index still does.
    """
    if index_name is None and hash_key is not None:
        partition = object.__new__(Table)
        partition.__dict__.update(table.__dict__)
        partition.items = {hash_key: table.items.get(hash_key, {})}
        table = partition
    given = (hash_key, comparison, values, limit, start_key, forward, projection, index_name)
    return _query(table, *given, *others, **conditions)


class Writes:
    """Reports writes to a listener. Relies on one DynamoDB request at a time."""

    def __init__(self, listener: StreamListener) -> None:
        self._listener = listener
        self._transaction: list[tuple[str, dict[str, Any]]] | None = None

    def add_record(self, shard: StreamShard, old: Item | None, new: Item | None) -> None:
        """Reports a stream record: moto gives it only to its own Lambda, and keeps all of them."""
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
        """Runs a transaction, and undoes it item by item if it fails.

        moto copies every table instead, which takes a second at 30,000 items, and replaces the
        table by the copy.
        """
        operations = [operation for item in transact_items for operation in item.values()]
        touched = [_Touched(backend, operation) for operation in operations]
        self._transaction = []
        try:
            _transact(backend, transact_items)
        except Exception:  # for whatever reason moto refuses it
            for item in reversed(touched):
                item.restore()
            raise
        else:
            for record in self._transaction:
                self._listener(*record)
        finally:
            self._transaction = None


class _Touched:
    """The earlier state of one item that a transaction may write."""

    def __init__(self, backend: DynamoDBBackend, operation: dict[str, Any]) -> None:
        self._table: Table | None = backend.tables.get(operation.get("TableName", ""))
        if self._table is None:
            return
        key = operation.get("Key") or operation.get("Item", {})
        if not {self._table.hash_key_attr, self._table.range_key_attr} - {None} <= key.keys():
            self._table = None  # the transaction itself refuses it
            return
        self._hash = DynamoType(key[self._table.hash_key_attr])
        ranged = self._table.range_key_attr
        self._range = DynamoType(key[ranged]) if ranged else None
        self._before = copy.deepcopy(self._table.get_item(self._hash, self._range))
        self._records = len(self._table.stream_shard.items) if self._table.stream_shard else 0

    def restore(self) -> None:
        if self._table is None:
            return
        items = self._table.items
        holder, key = (
            (items, self._hash) if self._range is None else (items[self._hash], self._range)
        )
        if self._before is None:
            holder.pop(key, None)
        else:
            holder[key] = self._before
        if self._table.stream_shard:
            del self._table.stream_shard.items[self._records :]
