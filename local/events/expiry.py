"""DynamoDB's time to live: deletes expired items and marks their stream records."""

import json
import threading
import time
from collections.abc import Iterable
from typing import Any

from botocore.exceptions import ClientError

from local.aws.clients import client_of
from local.events.declared import ExpiringTable

_TOO_OLD_SECONDS = 5 * 365 * 86_400
"""DynamoDB ignores TTL values further back ("Using time to live (TTL)")."""
_EXPIRED = "attribute_type(#ttl, :number) AND #ttl BETWEEN :oldest AND :now"
"""Asks for the type first because moto fails on comparing a text with a number."""
_SERVICE = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


class Expiry:
    """Deletes expired items, which moto never does."""

    def __init__(self, tables: Iterable[ExpiringTable], endpoint_url: str) -> None:
        self._tables = list(tables)
        self._endpoint_url = endpoint_url
        self._client: Any = None
        self._expiring: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def expire(self, now: float | None = None) -> int:
        """Deletes every item whose TTL is before `now` (epoch seconds) and returns the number.

        The deletion is conditional, so that an item stays if its TTL is extended meanwhile.
        """
        moment = int(time.time() if now is None else now)
        return sum(self._expire_in(table, moment) for table in self._tables)

    def mark(self, table: str, record: dict[str, Any]) -> dict[str, Any]:
        """Returns the stream record, with DynamoDB's own identity if the item has expired."""
        removed = (table, _identity(record["dynamodb"]["Keys"]))
        with self._lock:
            expired = record["eventName"] == "REMOVE" and removed in self._expiring
        return record | {"userIdentity": dict(_SERVICE)} if expired else record

    def _expire_in(self, table: ExpiringTable, moment: int) -> int:
        names = {f"#k{number}": name for number, name in enumerate(table.key_names)}
        paginator = self._dynamodb().get_paginator("scan")
        pages = paginator.paginate(
            TableName=table.name,
            FilterExpression=_EXPIRED,
            ProjectionExpression=", ".join(names),
            ExpressionAttributeNames={"#ttl": table.ttl_attribute} | names,
            ExpressionAttributeValues=_window(moment),
        )
        found = [key for page in pages for key in page["Items"]]
        return sum(self._delete(table, key, moment) for key in found)

    def _delete(self, table: ExpiringTable, key: dict[str, Any], moment: int) -> bool:
        removed = (table.name, _identity(key))
        with self._lock:
            self._expiring.add(removed)
        try:
            self._dynamodb().delete_item(
                TableName=table.name,
                Key=key,
                ConditionExpression=_EXPIRED,
                ExpressionAttributeNames={"#ttl": table.ttl_attribute},
                ExpressionAttributeValues=_window(moment),
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return False
        finally:
            with self._lock:
                self._expiring.discard(removed)
        return True

    def _dynamodb(self) -> Any:
        with self._lock:
            self._client = self._client or client_of("dynamodb", self._endpoint_url)
            return self._client


def _window(moment: int) -> dict[str, Any]:
    """Returns the values for `_EXPIRED`: before now, and not more than five years before."""
    oldest = max(0, moment - _TOO_OLD_SECONDS)
    return {
        ":number": {"S": "N"},
        ":oldest": {"N": str(oldest)},
        ":now": {"N": str(moment - 1)},
    }


def _identity(keys: dict[str, Any]) -> str:
    return json.dumps(keys, sort_keys=True)
