"""Reads moto's items directly: over HTTP, the checks would cost more than the runs."""

from collections.abc import Callable
from typing import Any

from moto.dynamodb.models.dynamo_type import DynamoType, Item

Items = Callable[[], dict[Any, Any]]


class StoredItems:
    """A client for `Table` that reads moto's items, and sends everything else to local AWS."""

    def __init__(self, items: Items, client: Any) -> None:
        self._items = items
        self._client = client

    def __getattr__(self, operation: str) -> Any:
        return getattr(self._client, operation)

    def get_item(self, *, Key: dict[str, Any], **_: Any) -> dict[str, Any]:  # noqa: N803
        """Returns the item with this key."""
        found = self._partition(Key["pk"]).get(DynamoType(Key["sk"]))
        return {"Item": raw(found)} if found else {}

    def query(
        self,
        *,
        ExpressionAttributeValues: dict[str, Any],  # noqa: N803
        ScanIndexForward: bool = True,  # noqa: N803
        **_: Any,
    ) -> dict[str, Any]:
        """Returns the items of a partition between two sort keys, for `Table.query`."""
        low, high = (ExpressionAttributeValues[name]["S"] for name in (":low", ":high"))
        partition = self._partition(ExpressionAttributeValues[":pk"])
        found = {key.value: item for key, item in list(partition.items())}
        wanted = sorted((key for key in found if low <= key <= high), reverse=not ScanIndexForward)
        return {"Items": [raw(found[key]) for key in wanted]}

    def everything(self) -> list[dict[str, Any]]:
        """Returns all items with DynamoDB's types."""
        partitions = list(self._items().values())
        return [raw(item) for partition in partitions for item in list(partition.values())]

    def _partition(self, pk: dict[str, Any]) -> dict[Any, Item]:
        found: dict[Any, Item] = self._items().get(DynamoType(pk), {})
        return found


def raw(item: Item) -> dict[str, Any]:
    """Returns an item's attributes with their types."""
    attributes: dict[str, Any] = item.to_json()["Attributes"]
    return attributes
