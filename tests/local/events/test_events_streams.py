"""DynamoDB streams: format, filters and order of records."""

import json

import pytest

from local.events import UnsupportedSourceError
from tests.limits import WAIT_SECONDS
from tests.local.events.conftest import Listen
from tests.local.events.stack import Functions, ManualClock, deployment
from tests.local.events.streams import STREAM, CleanUp, offer, record, source


def test_records_have_format_of_lambda(listen: Listen) -> None:
    """The event has the stream's ARN and region, and the time as epoch seconds."""
    functions = Functions()
    sources = listen(deployment("CleanUp", resources={"M": source()}), functions)

    sources.on_stream("runs", record(1))
    sources.on_stream("other", record(2))
    sources.drain(WAIT_SECONDS)

    assert functions.events == [
        {
            "Records": [
                {
                    "eventID": "e1",
                    "eventName": "REMOVE",
                    "eventSource": "aws:dynamodb",
                    "eventVersion": "1.1",
                    "awsRegion": "us-east-1",
                    "eventSourceARN": STREAM,
                    "dynamodb": {
                        "SequenceNumber": "1001",
                        "ApproximateCreationDateTime": 1795348801,
                        "Keys": {"pk": {"S": "k1"}},
                        "OldImage": {"pk": {"S": "k1"}, "entity": {"S": "thread"}},
                        "StreamViewType": "NEW_AND_OLD_IMAGES",
                        "SizeBytes": 10,
                    },
                }
            ]
        }
    ]


def test_filters_drop_other_records(listen: Listen) -> None:
    """A record is delivered if any of the filters matches it."""
    patterns = [
        {"eventName": ["REMOVE"], "dynamodb": {"OldImage": {"entity": {"S": ["thread"]}}}},
        {"eventName": ["INSERT"], "dynamodb": {"Keys": {"pk": {"S": ["x4"]}}}},
    ]
    filters = {"Filters": [{"Pattern": json.dumps(pattern)} for pattern in patterns]}
    functions = Functions()
    mapping = source(FilterCriteria=filters, BatchSize=1)
    sources = listen(deployment("CleanUp", resources={"M": mapping}), functions)

    sources.on_stream("runs", record(1))
    sources.on_stream("runs", record(2, "MODIFY"))
    sources.on_stream("runs", record(3, "INSERT"))
    sources.on_stream("runs", record(4, "INSERT", key="x4"))
    sources.drain(WAIT_SECONDS)

    ids = [record["eventID"] for event in functions.events for record in event["Records"]]
    assert ids == ["e1", "e4"]


def test_records_keep_their_order(listen: Listen) -> None:
    """Batches of one mapping never overtake each other."""
    work = CleanUp(reports_items=False)
    sources = listen(deployment("CleanUp", resources={"M": source(BatchSize=7)}), work.functions)

    offer(sources, 50)
    sources.drain(WAIT_SECONDS)

    assert [key for batch in work.batches for key in batch] == [f"k{n}" for n in range(50)]
    assert [len(batch) for batch in work.batches] == [7] * 7 + [1]


def test_two_functions_read_stream_independently(listen: Listen, clock: ManualClock) -> None:
    """A failing reader does not block the other one."""
    work = CleanUp(reports_items=False)
    functions = Functions(CleanUp=work._run)
    resources = {"M1": source(), "M2": source(FunctionName="Index")}
    sources = listen(deployment("CleanUp", "Index", resources=resources), functions)

    offer(sources, 1, 0)
    clock.fire_next()
    sources.drain(WAIT_SECONDS)

    assert sorted(name for name, _ in functions.calls) == ["CleanUp", "CleanUp", "Index"]


def test_other_stream_is_refused(listen: Listen) -> None:
    """A stream that local AWS would not read stops the start."""
    mapping = source(EventSourceArn="arn:aws:kinesis:us-east-1:123456789012:stream/x")

    with pytest.raises(UnsupportedSourceError, match="M: arn:aws:kinesis"):
        listen(deployment("CleanUp", resources={"M": mapping}), Functions())
