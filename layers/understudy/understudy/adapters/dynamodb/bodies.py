"""Object bodies, which are always read whole: JSON in one attribute, or in S3 when large.

DynamoDB limits an item to 400 KB and charges by the kilobyte; S3 does not.
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
    """The part of the bucket's interface that bodies use."""

    def put(self, key: str, body: bytes, content_type: str) -> None: ...

    def get(self, key: str) -> bytes: ...

    def delete(self, keys: Sequence[str]) -> None: ...


class Bodies:
    """Packs bodies into items and unpacks them."""

    def __init__(self, objects: ObjectBodies) -> None:
        self._objects = objects

    def packed(self, item: Item, body: dict[str, Any], name: str | None = None) -> Item:
        """Returns the item with its body; a large body is stored in S3 before this returns.

        Its key is derived from its content, so a write that is then refused has replaced nothing.
        A caller that deletes old bodies passes a unique `name`: a body that is written again must
        not be the one that is being deleted.
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
        """Returns the body of an item."""
        key = item.get("body_key")
        text = self._objects.get(key).decode("utf-8", "surrogatepass") if key else item["body"]
        body: dict[str, Any] = json.loads(text)
        return body

    def forget(self, before: Item, after: Mapping[str, Any]) -> None:
        """Deletes the large body of the old item if the new item does not use it."""
        key = before.get("body_key")
        if key and key != after.get("body_key"):
            self._objects.delete([key])
