"""Time to live on a table of local DynamoDB."""

import uuid
from typing import Any
from unittest import mock

import pytest

from local.events import EventSources
from tests.limits import WAIT_SECONDS
from tests.local.events.conftest import Aws, Listen
from tests.local.events.stack import Functions, ManualClock, deployment

_NOW = 1_800_000_000
_FIVE_YEARS = 5 * 365 * 86_400


class Table:
    """A table with TTL and a stream that the function CleanUp reads."""

    def __init__(self, aws: Aws, listen: Listen) -> None:
        logical = f"Table{uuid.uuid4().hex[:8]}"
        self.name = logical.lower()
        self.dynamodb = aws.client("dynamodb")
        keys = [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ]
        created = self.dynamodb.create_table(
            TableName=self.name,
            KeySchema=keys,
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")
            ],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        properties = {
            "KeySchema": keys,
            "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": True},
        }
        mapping = {
            "EventSourceArn": created["TableDescription"]["LatestStreamArn"],
            "FunctionName": "CleanUp",
        }
        resources = {
            logical: {"Type": "AWS::DynamoDB::Table", "Properties": properties},
            "M": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": mapping},
        }
        self.functions = Functions()
        self.sources: EventSources = listen(
            deployment("CleanUp", resources=resources), self.functions
        )

    def put(self, sk: str, ttl: Any = None) -> None:
        item: dict[str, Any] = {"pk": {"S": "thread"}, "sk": {"S": sk}}
        if ttl is not None:
            item["ttl"] = ttl if isinstance(ttl, dict) else {"N": str(ttl)}
        self.dynamodb.put_item(TableName=self.name, Item=item)

    def delete(self, sk: str) -> None:
        self.dynamodb.delete_item(TableName=self.name, Key={"pk": {"S": "thread"}, "sk": {"S": sk}})

    def left(self) -> list[str]:
        return sorted(item["sk"]["S"] for item in self.dynamodb.scan(TableName=self.name)["Items"])

    def records(self) -> list[dict[str, Any]]:
        self.sources.drain(WAIT_SECONDS)
        return [record for event in self.functions.events for record in event["Records"]]


@pytest.fixture
def table(aws: Aws, listen: Listen) -> Table:
    return Table(aws, listen)


def test_only_expired_items_are_deleted(table: Table) -> None:
    """An item expires if its TTL is a number before now, but not more than five years before."""
    table.put("past", _NOW - 1)
    table.put("now", _NOW)
    table.put("future", _NOW + 1)
    table.put("forever")
    table.put("text", {"S": str(_NOW - 1)})
    table.put("ancient", _NOW - _FIVE_YEARS - 1)

    assert table.sources.expire(_NOW) == 1
    assert table.left() == ["ancient", "forever", "future", "now", "text"]


def test_record_of_expiry_has_identity_of_service(table: Table) -> None:
    """Readers of the stream can tell an expiry from a deletion by a client."""
    table.put("expired", _NOW - 1)
    table.put("deleted", _NOW - 1)
    table.delete("deleted")

    table.sources.expire(_NOW)

    deleted, expired = (entry for entry in table.records() if entry["eventName"] == "REMOVE")
    assert "userIdentity" not in deleted
    assert expired["userIdentity"] == {
        "type": "Service",
        "principalId": "dynamodb.amazonaws.com",
    }
    assert expired["dynamodb"]["OldImage"]["ttl"] == {"N": str(_NOW - 1)}


def test_item_with_extended_ttl_is_not_deleted(table: Table) -> None:
    """A client may extend the TTL between the search and the deletion."""
    table.put("extended", _NOW - 1)

    def extended_meanwhile(**request: Any) -> Any:
        table.put("extended", _NOW + 100)
        return table.dynamodb.delete_item(**request)

    client = mock.Mock(wraps=table.dynamodb)
    client.delete_item.side_effect = extended_meanwhile

    with mock.patch("local.events.expiry.client_of", return_value=client):
        removed = table.sources.expire(_NOW)

    assert removed == 0
    assert client.delete_item.call_count == 1
    assert table.left() == ["extended"]
    assert not [record for record in table.records() if "userIdentity" in record]


def test_items_expire_by_clock_in_background(table: Table, clock: ManualClock) -> None:
    """Expired items are deleted every minute of the clock."""
    table.put("long-ago", 1_700_000_000)

    table.sources.run_in_background()
    clock.fire_next()
    clock.wait_for_alarms(2)

    assert clock.asked == [60.0, 60.0]
    assert table.left() == []
