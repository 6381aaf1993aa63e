"""Time to live on a real table of the embedded DynamoDB."""

import uuid
from typing import Any
from unittest import mock

import pytest

from local.events import EventSources
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
        self.sources.drain(10)
        return [record for event in self.functions.events for record in event["Records"]]


@pytest.fixture
def table(aws: Aws, listen: Listen) -> Table:
    return Table(aws, listen)


def test_expired_items_go_and_the_others_stay(table: Table) -> None:
    """Only a number before now, and not more than five years before, makes an item expire."""
    table.put("past", _NOW - 1)
    table.put("now", _NOW)
    table.put("future", _NOW + 1)
    table.put("forever")
    table.put("text", {"S": str(_NOW - 1)})
    table.put("ancient", _NOW - _FIVE_YEARS - 1)

    assert table.sources.expire(_NOW) == 1
    assert table.left() == ["ancient", "forever", "future", "now", "text"]


def test_an_expiry_carries_the_identity_of_the_service(table: Table) -> None:
    """The stream tells an expiry from a deletion by somebody."""
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


def test_an_item_whose_life_was_extended_meanwhile_stays(table: Table) -> None:
    """Between finding and deleting an item its TTL may move: then nothing is deleted."""
    table.put("extended", _NOW - 1)

    def extended_meanwhile(**request: Any) -> Any:
        table.put("extended", _NOW + 100)
        return table.dynamodb.delete_item(**request)

    client = mock.Mock(wraps=table.dynamodb)
    client.delete_item.side_effect = extended_meanwhile

    with mock.patch("local.events.expiry.local_client", return_value=client):
        removed = table.sources.expire(_NOW)

    assert removed == 0
    assert client.delete_item.call_count == 1
    assert table.left() == ["extended"]
    assert not [record for record in table.records() if "userIdentity" in record]


def test_in_the_background_items_expire_by_the_clock(table: Table, clock: ManualClock) -> None:
    """Each minute of the clock the expired items are deleted."""
    table.put("long-ago", 1_700_000_000)

    table.sources.run_in_background()
    clock.ring_next()
    clock.wait_for_alarms(2)

    assert clock.asked == [60.0, 60.0]
    assert table.left() == []
