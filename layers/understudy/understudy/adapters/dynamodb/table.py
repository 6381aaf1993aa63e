"""Access to the DynamoDB table: plain Python values, typed errors.

An item past its `expires_at` is treated as missing, although DynamoDB deletes it hours or days
later. Reads of items are consistent, because most of them precede a decision.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from understudy.adapters.dynamodb.attributes import decoded, encoded
from understudy.adapters.dynamodb.writes import Expression, Item, Key, Write, request_of
from understudy.errors import StorageError, StorageUnavailableError, WriteRefusedError

__all__ = ["Expression", "Item", "Key", "Table", "Write"]

RETRYABLE = {
    "InternalServerError",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "ThrottlingException",
    "TransactionConflictException",
    "TransactionInProgressException",
}
BATCH_GET = 100


class Index(NamedTuple):
    """An index of the table and its keys; the table's own keys have no name."""

    name: str | None
    hash_key: str
    range_key: str


PRIMARY = Index(None, "pk", "sk")
BATCH_WRITE = 25


class Table:
    """One DynamoDB table. `now` returns Unix seconds.

    Its methods raise StorageUnavailableError if the table is throttled or cannot be reached, and
    WriteRefusedError if a condition does not hold.
    """

    def __init__(self, client: Any, name: str, now: Callable[[], float] = time.time) -> None:
        self._client = client
        self.name = name
        self.now = now

    def get(self, key: Key) -> Item | None:
        """Returns the item, or None if it is missing or has expired."""
        answer = self._call("get_item", Key=self._encode(key), ConsistentRead=True)
        return self._unexpired(answer.get("Item"))

    def get_many(self, keys: Sequence[Key]) -> list[Item]:
        """Returns the items that exist, in the order of the keys."""
        found: dict[tuple[str, str], Item] = {}
        for start in range(0, len(keys), BATCH_GET):
            wanted = [self._encode(key) for key in keys[start : start + BATCH_GET]]
            while wanted:
                answer = self._call(
                    "batch_get_item",
                    RequestItems={self.name: {"Keys": wanted, "ConsistentRead": True}},
                )
                for raw in answer["Responses"].get(self.name, []):
                    item = self._unexpired(raw)
                    if item is not None:
                        found[item["pk"], item["sk"]] = item
                wanted = answer.get("UnprocessedKeys", {}).get(self.name, {}).get("Keys", [])
        return [found[key["pk"], key["sk"]] for key in keys if (key["pk"], key["sk"]) in found]

    def query(
        self,
        pk: str,
        *,
        prefix: str = "",
        after: str | None = None,
        before: str | None = None,
        newest_first: bool = False,
        limit: int | None = None,
        at: Index = PRIMARY,
        only: Sequence[str] = (),
    ) -> Iterator[Item]:
        """Yields the items of a partition in the order of their sort keys; pages are read lazily.

        `after` and `before` are sort keys that bound the range and are not in it. A secondary index
        returns only the attributes that it projects, and is eventually consistent. `only` names the
        attributes to return, with the keys.
        """
        # A sort key cannot be empty: the whole partition begins at the lowest character of keys.
        low = after if after is not None else prefix or " "
        high = before if before is not None else prefix + "\x7f"
        if low > high:
            return
        page: dict[str, Any] = {
            "KeyConditionExpression": (
                f"{at.hash_key} = :pk AND {at.range_key} BETWEEN :low AND :high"
            ),
            "ExpressionAttributeValues": self._encode({":pk": pk, ":low": low, ":high": high}),
            "ScanIndexForward": not newest_first,
            **({"IndexName": at.name} if at.name else {"ConsistentRead": True}),
            **_projection(only),
        }
        left = limit
        bounds = {after, before} - {None}
        while True:
            if left is not None:
                page["Limit"] = left + len(bounds)
            answer = self._call("query", **page)
            for raw in answer["Items"]:
                item = self._unexpired(raw)
                if item is None or item[at.range_key] in bounds:
                    continue
                yield item
                if left is not None:
                    left -= 1
                    if left == 0:
                        return
            if "LastEvaluatedKey" not in answer:
                return
            page["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def query_index(
        self,
        index: str,
        hash_key: tuple[str, str],
        *,
        range_key: str,
        up_to: int | None = None,
        limit: int,
    ) -> list[Item]:
        """Returns at most `limit` items of an index, with the attributes that it projects."""
        condition = f"{hash_key[0]} = :hash"
        values: Item = {":hash": hash_key[1]}
        if up_to is not None:
            condition += f" AND {range_key} <= :up_to"
            values[":up_to"] = up_to
        page: dict[str, Any] = {
            "IndexName": index,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": self._encode(values),
            "Limit": limit,
        }
        return [self._decode(item) for item in self._call("query", **page)["Items"]]

    def write(self, write: Write) -> Item:
        """Performs a write; returns the item after an update, nothing after a put or a delete."""
        return self._perform(write, {"Update": "ALL_NEW"})

    def replace(self, write: Write) -> Item:
        """Puts or deletes an item; returns the previous item, empty if there was none."""
        return self._perform(write, {"Put": "ALL_OLD", "Delete": "ALL_OLD"})

    def _perform(self, write: Write, returned: Mapping[str, str]) -> Item:
        kind, request = request_of(write, self.name, self._encode)
        if kind in returned:
            request["ReturnValues"] = returned[kind]
        method = {"Put": "put_item", "Update": "update_item", "Delete": "delete_item"}[kind]
        answer = self._call(method, **{k: v for k, v in request.items() if k != "TableName"})
        return self._decode(answer.get("Attributes", {}))

    def transact(self, writes: Sequence[Write]) -> None:
        """Performs all writes or none."""
        items = [dict([request_of(write, self.name, self._encode)]) for write in writes]
        self._call("transact_write_items", TransactItems=items)

    def delete_many(self, keys: Sequence[Key]) -> None:
        """Deletes items without conditions; missing ones are ignored."""
        for start in range(0, len(keys), BATCH_WRITE):
            requests = [
                {"DeleteRequest": {"Key": self._encode(key)}}
                for key in keys[start : start + BATCH_WRITE]
            ]
            while requests:
                answer = self._call("batch_write_item", RequestItems={self.name: requests})
                requests = answer.get("UnprocessedItems", {}).get(self.name, [])

    def _call(self, method: str, **arguments: Any) -> Any:
        if method not in ("transact_write_items", "batch_get_item", "batch_write_item"):
            arguments["TableName"] = self.name
        try:
            return getattr(self._client, method)(**arguments)
        except ClientError as error:
            raise self._translated(error) from error
        except BotoCoreError as error:
            raise StorageUnavailableError(f"{method}: {type(error).__name__}") from error

    @staticmethod
    def _translated(error: ClientError) -> StorageError:
        code = error.response["Error"]["Code"]
        if code == "ConditionalCheckFailedException":
            return WriteRefusedError("the condition did not hold", ("ConditionalCheckFailed",))
        if code == "TransactionCanceledException":
            reasons = tuple(
                reason.get("Code") or "None"
                for reason in error.response.get("CancellationReasons", [])
            )
            if "ConditionalCheckFailed" in reasons:
                return WriteRefusedError("a condition of the transaction did not hold", reasons)
            return StorageUnavailableError("the transaction conflicts with another one")
        if code in RETRYABLE:
            return StorageUnavailableError(code)
        return StorageError(f"the table refused the request: {code}")

    def _unexpired(self, raw: Mapping[str, Any] | None) -> Item | None:
        if raw is None:
            return None
        item = self._decode(raw)
        return item if item.get("expires_at", self.now() + 1) > self.now() else None

    def _encode(self, item: Mapping[str, Any]) -> dict[str, Any]:
        return {name: encoded(value) for name, value in item.items() if value is not None}

    def _decode(self, raw: Mapping[str, Any]) -> Item:
        return {name: decoded(value) for name, value in raw.items()}


def _projection(only: Sequence[str]) -> dict[str, Any]:
    """Returns the arguments for these attributes; their names may be reserved words."""
    if not only:
        return {}
    names = {f"#a{number}": name for number, name in enumerate(only)}
    return {"ProjectionExpression": ", ".join(names), "ExpressionAttributeNames": names}
