"""Queries of moto's DynamoDB that look at their own partition only."""

from typing import Any

from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

_query = Table.query


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
) -> tuple[list[Item], int, dict[str, Any] | None]:
    """moto looks through the whole table for a query, which takes 20 ms at 30,000 items.

    A query of an index still does.
    """
    if index_name is None and hash_key is not None:
        narrow = object.__new__(Table)
        narrow.__dict__.update(table.__dict__)
        narrow.items = {hash_key: table.items.get(hash_key, {})}
        table = narrow
    given = (hash_key, comparison, values, limit, start_key, forward, projection, index_name)
    found: tuple[list[Item], int, dict[str, Any] | None]
    found = _query(table, *given, *others, **conditions)
    return found
