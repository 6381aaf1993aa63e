"""The part of an object that is only ever read whole: JSON in one attribute, or in S3 when large.

DynamoDB takes 400 KB an item and charges by the kilobyte; S3 takes anything.
"""

import hashlib
import json
from typing import Any, Protocol

from understudy.adapters.dynamodb.table import Item

LARGE = 100_000
"""Bytes of JSON above which a body goes to S3."""

PREFIX = "bodies/"
DIGITS = 32


class ObjectBodies(Protocol):
    """The bucket, as far as bodies need it."""

    def put(self, key: str, body: bytes, content_type: str) -> None: ...

    def get(self, key: str) -> bytes: ...


class Bodies:
    """Packs bodies into items and takes them out again."""

    def __init__(self, objects: ObjectBodies) -> None:
        self._objects = objects

    def packed(self, item: Item, body: dict[str, Any]) -> Item:
        """The item with its body; a large one is in S3 before the item exists.

        Its key follows from its content, so a write that is then refused has replaced nothing.
        """
        text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
        encoded = text.encode("utf-8", "surrogatepass")
        if len(encoded) <= LARGE:
            return {**item, "body": text}
        name = hashlib.sha256(encoded).hexdigest()[:DIGITS]
        key = f"{PREFIX}{item['pk'].replace('#', '/')}/{item['sk'].replace('#', '/')}/{name}.json"
        self._objects.put(key, encoded, "application/json")
        return {**item, "body_key": key}

    def unpacked(self, item: Item) -> dict[str, Any]:
        """The body of an item."""
        key = item.get("body_key")
        text = self._objects.get(key).decode("utf-8", "surrogatepass") if key else item["body"]
        body: dict[str, Any] = json.loads(text)
        return body
