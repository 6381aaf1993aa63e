"""The part of an object that is only ever read whole: JSON in one attribute, or in S3 when large.

DynamoDB takes 400 KB an item and charges by the kilobyte; S3 takes anything.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
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

    def delete(self, keys: Sequence[str]) -> None: ...


class Bodies:
    """Packs bodies into items and takes them out again."""

    def __init__(self, objects: ObjectBodies) -> None:
        self._objects = objects

    def packed(self, item: Item, body: dict[str, Any], name: str | None = None) -> Item:
        """The item with its body; a large one is in S3 before the item exists.

        Its key follows from its content, so a write that is then refused has replaced nothing.
        Whoever forgets bodies gives each a `name` that no other ever has: a body that is written
        again must not be the one that is just being deleted.
        """
        text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
        encoded = text.encode("utf-8", "surrogatepass")
        if len(encoded) <= LARGE:
            return {**item, "body": text}
        name = name or hashlib.sha256(encoded).hexdigest()[:DIGITS]
        key = f"{PREFIX}{item['pk'].replace('#', '/')}/{item['sk'].replace('#', '/')}/{name}.json"
        self._objects.put(key, encoded, "application/json")
        return {**item, "body_key": key}

    def unpacked(self, item: Item) -> dict[str, Any]:
        """The body of an item."""
        key = item.get("body_key")
        text = self._objects.get(key).decode("utf-8", "surrogatepass") if key else item["body"]
        body: dict[str, Any] = json.loads(text)
        return body

    def forget(self, before: Item, after: Mapping[str, Any]) -> None:
        """Deletes the large body that an item had and has no more."""
        key = before.get("body_key")
        if key and key != after.get("body_key"):
            self._objects.delete([key])
