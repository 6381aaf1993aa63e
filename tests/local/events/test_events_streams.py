"""DynamoDB streams: filters, order, partial answers, bisection, giving up."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from local.aws.functions import InvokeError
from local.events import EventSources, UnsupportedSourceError
from tests.local.events.conftest import Aws, Listen
from tests.local.events.stack import Functions, ManualClock, deployment

_STREAM = "arn:aws:dynamodb:us-east-1:123456789012:table/runs/stream/2026-11-22T00:00:00.000"
_NEVER = "poison"


def _mapping(**changes: Any) -> dict[str, Any]:
    properties = {
        "EventSourceArn": _STREAM,
        "FunctionName": "CleanUp",
        "BatchSize": 10,
        "MaximumRetryAttempts": 1,
        "StartingPosition": "TRIM_HORIZON",
    }
    return {"Type": "AWS::Lambda::EventSourceMapping", "Properties": properties | changes}


def _record(number: int, name: str = "REMOVE", key: str = "") -> dict[str, Any]:
    """A record as moto keeps it."""
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
    """A function that fails on poisoned records, in one of Lambda's two ways."""

    def __init__(self, *, reports_items: bool) -> None:
        self._reports_items = reports_items
        self.batches: list[list[str]] = []
        self.functions = Functions(CleanUp=self._run)

    def _run(self, event: dict[str, Any]) -> Any:
        changes = [record["dynamodb"] for record in event["Records"]]
        self.batches.append([change["Keys"]["pk"]["S"] for change in changes])
        bad = [
            change["SequenceNumber"] for change in changes if change["Keys"]["pk"]["S"] == _NEVER
        ]
        if bad and not self._reports_items:
            raise ValueError("poisoned")
        return {"batchItemFailures": [{"itemIdentifier": number} for number in bad]}


def _offer(sources: EventSources, count: int, *poison: int) -> None:
    """Gives `count` records to the stream before its function sees the first."""
    sources.streams.hold()
    for number in range(count):
        sources.on_stream("runs", _record(number, key=_NEVER if number in poison else ""))
    sources.streams.release()


def test_records_arrive_as_lambda_sends_them(listen: Listen) -> None:
    """The event carries the stream's ARN and region, and the time as epoch seconds."""
    functions = Functions()
    sources = listen(deployment("CleanUp", resources={"M": _mapping()}), functions)

    sources.on_stream("runs", _record(1))
    sources.on_stream("other", _record(2))
    sources.drain(10)

    assert functions.events == [
        {
            "Records": [
                {
                    "eventID": "e1",
                    "eventName": "REMOVE",
                    "eventSource": "aws:dynamodb",
                    "eventVersion": "1.1",
                    "awsRegion": "us-east-1",
                    "eventSourceARN": _STREAM,
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


def test_filters_let_only_wanted_records_through(listen: Listen) -> None:
    """A record passes when any of the filters matches it."""
    patterns = [
        {"eventName": ["REMOVE"], "dynamodb": {"OldImage": {"entity": {"S": ["thread"]}}}},
        {"eventName": ["INSERT"], "dynamodb": {"Keys": {"pk": {"S": [{"prefix": "x"}]}}}},
    ]
    filters = {"Filters": [{"Pattern": json.dumps(pattern)} for pattern in patterns]}
    functions = Functions()
    mapping = _mapping(FilterCriteria=filters, BatchSize=1)
    sources = listen(deployment("CleanUp", resources={"M": mapping}), functions)

    sources.on_stream("runs", _record(1))
    sources.on_stream("runs", _record(2, "MODIFY"))
    sources.on_stream("runs", _record(3, "INSERT"))
    sources.on_stream("runs", _record(4, "INSERT", key="x4"))
    sources.drain(10)

    ids = [record["eventID"] for event in functions.events for record in event["Records"]]
    assert ids == ["e1", "e4"]


def test_records_keep_their_order(listen: Listen) -> None:
    """Batches of one mapping never overtake each other."""
    work = CleanUp(reports_items=False)
    sources = listen(deployment("CleanUp", resources={"M": _mapping(BatchSize=7)}), work.functions)

    _offer(sources, 50)
    sources.drain(10)

    assert [key for batch in work.batches for key in batch] == [f"k{n}" for n in range(50)]
    assert [len(batch) for batch in work.batches] == [7] * 7 + [1]


@pytest.mark.parametrize("reports_items", [False, True])
def test_one_poisoned_record_does_not_hold_up_the_others(
    listen: Listen, clock: ManualClock, aws: Aws, reports_items: bool
) -> None:
    """With bisection nine of ten records are done and one is in the queue, named exactly."""
    queue = aws.queue()
    mapping = _mapping(
        BisectBatchOnFunctionError=True,
        DestinationConfig={"OnFailure": {"Destination": queue}},
        FunctionResponseTypes=["ReportBatchItemFailures"] if reports_items else [],
    )
    work = CleanUp(reports_items=reports_items)
    sources = listen(deployment("CleanUp", resources={"M": mapping}), work.functions)

    _offer(sources, 10, 3)
    clock.ring_next()
    sources.drain(10)

    done = [key for batch in work.batches if _NEVER not in batch for key in batch]
    first = 4 if reports_items else 0  # what comes before the reported failure is done already
    assert done == [f"k{number}" for number in range(first, 10) if number != 3]
    [(message, _)] = aws.messages(queue)
    info = message["DDBStreamBatchInfo"]
    assert (info["startSequenceNumber"], info["endSequenceNumber"]) == ("1003", "1003")
    assert info["batchSize"] == 1
    assert info["streamArn"] == _STREAM
    assert info["approximateArrivalOfFirstRecord"] == "2026-11-22T12:00:03.000Z"
    assert message["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert message["requestContext"]["approximateInvokeCount"] == 2
    assert ("functionError" in message["responseContext"]) is not reports_items


def test_done_records_of_a_partial_answer_do_not_come_again(
    listen: Listen, clock: ManualClock
) -> None:
    """What lies before the first reported failure is a checkpoint; the rest is retried."""
    mapping = _mapping(BatchSize=5, FunctionResponseTypes=["ReportBatchItemFailures"])
    work = CleanUp(reports_items=True)
    sources = listen(deployment("CleanUp", resources={"M": mapping}), work.functions)

    _offer(sources, 5, 2)
    clock.ring_next()
    sources.drain(10)

    assert work.batches == [
        ["k0", "k1", _NEVER, "k3", "k4"],
        [_NEVER, "k3", "k4"],
        [_NEVER, "k3", "k4"],
    ]


def test_without_bisection_the_whole_batch_is_given_up(
    listen: Listen, clock: ManualClock, aws: Aws
) -> None:
    """The queue gets the range of sequence numbers, which replay can bring back."""
    queue = aws.queue()
    mapping = _mapping(BatchSize=3, DestinationConfig={"OnFailure": {"Destination": queue}})
    work = CleanUp(reports_items=False)
    sources = listen(deployment("CleanUp", resources={"M": mapping}), work.functions)

    _offer(sources, 3, 1)
    clock.ring_next()
    sources.drain(10)

    assert work.batches == [["k0", _NEVER, "k2"]] * 2
    [(message, _)] = aws.messages(queue)
    info = message["DDBStreamBatchInfo"]
    start, end = info["startSequenceNumber"], info["endSequenceNumber"]
    assert (start, end, info["batchSize"]) == ("1000", "1002", 3)
    assert sources.streams.replay("runs", start, end) == 3
    clock.ring_next()
    sources.drain(10)
    assert len(work.batches) == 4


def test_the_first_of_several_failures_is_the_checkpoint(
    listen: Listen, clock: ManualClock
) -> None:
    """Records between two reported failures come again, though they were done."""
    mapping = _mapping(
        BatchSize=5, MaximumRetryAttempts=0, FunctionResponseTypes=["ReportBatchItemFailures"]
    )
    work = CleanUp(reports_items=True)
    sources = listen(deployment("CleanUp", resources={"M": mapping}), work.functions)

    _offer(sources, 5, 1, 3)
    sources.drain(10)

    assert work.batches[1] == [_NEVER, "k2", _NEVER, "k4"]


@pytest.mark.parametrize(
    ("answer", "runs"),
    [
        (None, 1),
        ({}, 1),
        ({"batchItemFailures": []}, 1),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, 2),
        ({"batchItemFailures": [{"itemIdentifier": "77"}]}, 2),
        ({"batchItemFailures": [{}]}, 2),
    ],
)
def test_an_answer_that_names_no_record_fails_the_batch(
    listen: Listen, clock: ManualClock, answer: Any, runs: int
) -> None:
    """No failures mean success; an unknown or empty identifier means that all failed."""
    mapping = _mapping(BatchSize=2, FunctionResponseTypes=["ReportBatchItemFailures"])
    functions = Functions(CleanUp=lambda _: answer)
    sources = listen(deployment("CleanUp", resources={"M": mapping}), functions)

    _offer(sources, 2)
    for _ in range(runs - 1):
        clock.ring_next()
    sources.drain(10)

    assert len(functions.calls) == runs


def test_retries_back_off(listen: Listen, clock: ManualClock) -> None:
    """Each retry waits twice as long as the one before, up to a minute."""
    work = CleanUp(reports_items=False)
    mapping = _mapping(MaximumRetryAttempts=8)
    sources = listen(deployment("CleanUp", resources={"M": mapping}), work.functions)

    _offer(sources, 1, 0)
    for _ in range(8):
        clock.ring_next()
    sources.drain(10)

    assert clock.asked == [1, 2, 4, 8, 16, 32, 60, 60]


def test_a_throttled_batch_waits_and_keeps_its_retries(listen: Listen, clock: ManualClock) -> None:
    """No room is no failure: the batch comes again, and its retries are still there."""
    refusals = [429, 500]

    def refuse(_: dict[str, Any]) -> None:
        if refusals:
            raise InvokeError("TooManyRequestsException", "Rate Exceeded.", refusals.pop())

    functions = Functions(CleanUp=refuse)
    mapping = _mapping(MaximumRetryAttempts=0)
    sources = listen(deployment("CleanUp", resources={"M": mapping}), functions)

    _offer(sources, 1)
    clock.ring_next()
    clock.ring_next()
    sources.drain(10)

    assert len(functions.calls) == 3


def test_a_missing_queue_costs_one_batch(listen: Listen, caplog: pytest.LogCaptureFixture) -> None:
    """When the failed batch cannot be reported the log says so and the reader goes on."""
    nowhere = {"OnFailure": {"Destination": "arn:aws:sqs:us-east-1:123456789012:nowhere"}}
    mapping = _mapping(BatchSize=1, MaximumRetryAttempts=0, DestinationConfig=nowhere)
    work = CleanUp(reports_items=False)
    sources = listen(deployment("CleanUp", resources={"M": mapping}), work.functions)

    _offer(sources, 2, 0)
    sources.drain(10)

    assert work.batches == [[_NEVER], ["k1"]]
    assert "a batch of M is lost" in caplog.text


def test_two_functions_read_one_stream_on_their_own(listen: Listen, clock: ManualClock) -> None:
    """A failing reader does not hold up the other one."""
    work = CleanUp(reports_items=False)
    functions = Functions(CleanUp=work._run)
    resources = {"M1": _mapping(), "M2": _mapping(FunctionName="Index")}
    sources = listen(deployment("CleanUp", "Index", resources=resources), functions)

    _offer(sources, 1, 0)
    clock.ring_next()
    sources.drain(10)

    assert sorted(name for name, _ in functions.calls) == ["CleanUp", "CleanUp", "Index"]


def test_a_stream_that_is_not_dynamodb_is_refused(listen: Listen) -> None:
    """What would silently never arrive stops the start instead."""
    mapping = _mapping(EventSourceArn="arn:aws:kinesis:us-east-1:123456789012:stream/x")

    with pytest.raises(UnsupportedSourceError, match="M: arn:aws:kinesis"):
        listen(deployment("CleanUp", resources={"M": mapping}), Functions())
