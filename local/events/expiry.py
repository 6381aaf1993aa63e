"""DynamoDB's time to live: deletes expired items and says so in the stream records."""

import json
import logging
import threading
import time
from collections.abc import Iterable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.aws.clock import Alarm, Clock
from local.events.clients import local_client
from local.events.declared import ExpiringTable

_TOO_OLD_SECONDS = 5 * 365 * 86_400
"""DynamoDB leaves items alone whose time lies further back ("Using time to live (TTL)")."""
_EXPIRED = "attribute_type(#ttl, :number) AND #ttl BETWEEN :oldest AND :now"
"""The type is asked first because moto fails on comparing a text with a number."""
_SERVICE = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}

_logger = logging.getLogger(__name__)


class Expiry:
    """Does what DynamoDB does within days of an item's time: moto never does it."""

    def __init__(self, tables: Iterable[ExpiringTable], endpoint_url: str, region: str) -> None:
        self._tables = list(tables)
        self._endpoint_url = endpoint_url
        self._region = region
        self._client: Any = None
        self._expiring: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def expire(self, now: float | None = None) -> int:
        """Deletes every item whose TTL lies before `now` (epoch seconds) and counts them.

        The deletion is conditional, so that an item whose life was extended meanwhile stays.
        """
        moment = int(time.time() if now is None else now)
        return sum(self._expire_in(table, moment) for table in self._tables)

    def mark(self, table: str, record: dict[str, Any]) -> dict[str, Any]:
        """The record with DynamoDB's own identity if the removal was an expiry."""
        removed = (table, _identity(record["dynamodb"]["Keys"]))
        with self._lock:
            expired = record["eventName"] == "REMOVE" and removed in self._expiring
        return record | {"userIdentity": dict(_SERVICE)} if expired else record

    def _expire_in(self, table: ExpiringTable, moment: int) -> int:
        pages = (
            self._dynamodb()
            .get_paginator("scan")
            .paginate(
                TableName=table.name,
                FilterExpression=_EXPIRED,
                ProjectionExpression=", ".join(f"#k{n}" for n in range(len(table.key_names))),
                ExpressionAttributeNames={"#ttl": table.ttl_attribute}
                | {f"#k{n}": name for n, name in enumerate(table.key_names)},
                ExpressionAttributeValues=_window(moment),
            )
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
            self._client = self._client or local_client(
                "dynamodb", self._endpoint_url, self._region
            )
            return self._client


class BackgroundExpiry:
    """Expires items again and again, by the clock, on a thread of its own."""

    def __init__(self, expiry: Expiry, clock: Clock, every_seconds: float) -> None:
        self._expiry = expiry
        self._clock = clock
        self._every_seconds = every_seconds
        self._due = threading.Event()
        self._closed = False
        self._alarm: Alarm | None = None
        self._thread = threading.Thread(target=self._run, name="expiry", daemon=True)

    def start(self) -> None:
        """Looks for expired items for the first time after one interval."""
        self._thread.start()

    def close(self) -> None:
        """Stops after the round in the works."""
        self._closed = True
        self._due.set()
        if self._alarm is not None:
            self._alarm.cancel()

    def _run(self) -> None:
        while True:
            self._due.clear()
            if self._closed:
                return
            self._alarm = self._clock.alarm(self._every_seconds, self._due.set)
            self._due.wait()
            if self._closed:
                return
            try:
                removed = self._expiry.expire()
            except (BotoCoreError, ClientError):
                _logger.exception("expired items could not be deleted")
            else:
                _logger.info("%s expired items deleted", removed)


def _window(moment: int) -> dict[str, Any]:
    """Expired is what lies before now, in whole seconds, and not more than five years."""
    oldest = max(0, moment - _TOO_OLD_SECONDS)
    return {
        ":number": {"S": "N"},
        ":oldest": {"N": str(oldest)},
        ":now": {"N": str(moment - 1)},
    }


def _identity(keys: dict[str, Any]) -> str:
    return json.dumps(keys, sort_keys=True)
