"""A fake stream of a table, and a function that reads it."""

from datetime import UTC, datetime
from typing import Any

from local.events import EventSources
from tests.local.events.stack import Functions

STREAM = "arn:aws:dynamodb:us-east-1:123456789012:table/runs/stream/2026-11-22T00:00:00.000"


POISON = "poison"


def source(**changes: Any) -> dict[str, Any]:
    properties = {
        "EventSourceArn": STREAM,
        "FunctionName": "CleanUp",
        "BatchSize": 10,
        "MaximumRetryAttempts": 1,
        "StartingPosition": "TRIM_HORIZON",
    }
    return {"Type": "AWS::Lambda::EventSourceMapping", "Properties": properties | changes}


def record(number: int, name: str = "REMOVE", key: str = "") -> dict[str, Any]:
    """A stream record in moto's format."""
    return {
        "eventID": f"e{number}",
        "eventName": name,
        "eventSource": "aws:dynamodb",
        "eventVersion": "1.0",
        "awsRegion": "nowhere",
        "dynamodb": {
            "SequenceNumber": str(1000 + number),
            "ApproximateCreationDateTime": datetime(2026, 11, 22, 12, 0, number, tzinfo=UTC),
            "Keys": {"pk": {"S": key or f"k{number}"}},
            "OldImage": {"pk": {"S": key or f"k{number}"}, "entity": {"S": "thread"}},
            "StreamViewType": "NEW_AND_OLD_IMAGES",
            "SizeBytes": 10,
        },
    }


class CleanUp:
    """A function that fails on poisoned records: with an error, or by reporting the item."""

    def __init__(self, *, reports_items: bool) -> None:
        self._reports_items = reports_items
        self.batches: list[list[str]] = []
        self.functions = Functions(CleanUp=self._run)

    def _run(self, event: dict[str, Any]) -> Any:
        changes = [record["dynamodb"] for record in event["Records"]]
        self.batches.append([change["Keys"]["pk"]["S"] for change in changes])
        bad = [
            change["SequenceNumber"] for change in changes if change["Keys"]["pk"]["S"] == POISON
        ]
        if bad and not self._reports_items:
            raise ValueError("poisoned")
        return {"batchItemFailures": [{"itemIdentifier": number} for number in bad]}


def offer(sources: EventSources, count: int, *poison: int) -> None:
    """Adds `count` records to the stream before its function gets the first."""
    sources.streams.hold()
    for number in range(count):
        sources.on_stream("runs", record(number, key=POISON if number in poison else ""))
    sources.streams.release()
