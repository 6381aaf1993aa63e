"""DynamoDB streams: partial responses, bisection, backing off, giving up."""

from typing import Any

import pytest

from local.aws.functions import InvokeError
from tests.limits import WAIT_SECONDS
from tests.local.events.conftest import Aws, Listen
from tests.local.events.stack import Functions, ManualClock, deployment
from tests.local.events.streams import POISON, STREAM, CleanUp, offer, source


@pytest.mark.parametrize("reports_items", [False, True])
def test_poisoned_record_does_not_block_others(
    listen: Listen, clock: ManualClock, aws: Aws, reports_items: bool
) -> None:
    """With bisection nine of ten records are processed and the queue gets exactly the tenth."""
    queue = aws.queue()
    mapping = source(
        BisectBatchOnFunctionError=True,
        DestinationConfig={"OnFailure": {"Destination": queue}},
        FunctionResponseTypes=["ReportBatchItemFailures"] if reports_items else [],
    )
    work = CleanUp(reports_items=reports_items)
    sources = listen(deployment("CleanUp", resources={"M": mapping}), work.functions)

    offer(sources, 10, 3)
    clock.fire_next()
    sources.drain(WAIT_SECONDS)

    done = [key for batch in work.batches if POISON not in batch for key in batch]
    first = 4 if reports_items else 0  # records before the reported failure are done
    assert done == [f"k{number}" for number in range(first, 10) if number != 3]
    [(message, _)] = aws.messages(queue)
    info = message["DDBStreamBatchInfo"]
    assert (info["startSequenceNumber"], info["endSequenceNumber"]) == ("1003", "1003")
    assert info["batchSize"] == 1
    assert info["streamArn"] == STREAM
    assert info["approximateArrivalOfFirstRecord"] == "2026-11-22T12:00:03.000Z"
    assert message["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert message["requestContext"]["approximateInvokeCount"] == 2
    assert ("functionError" in message["responseContext"]) is not reports_items


def test_processed_records_of_partial_response_are_not_repeated(
    listen: Listen, clock: ManualClock
) -> None:
    """The first reported failure is a checkpoint: only records from it on are retried."""
    mapping = source(BatchSize=5, FunctionResponseTypes=["ReportBatchItemFailures"])
    work = CleanUp(reports_items=True)
    sources = listen(deployment("CleanUp", resources={"M": mapping}), work.functions)

    offer(sources, 5, 2)
    clock.fire_next()
    sources.drain(WAIT_SECONDS)

    assert work.batches == [
        ["k0", "k1", POISON, "k3", "k4"],
        [POISON, "k3", "k4"],
        [POISON, "k3", "k4"],
    ]


def test_without_bisection_whole_batch_is_given_up(
    listen: Listen, clock: ManualClock, aws: Aws
) -> None:
    """The queue gets the range of sequence numbers."""
    queue = aws.queue()
    mapping = source(BatchSize=3, DestinationConfig={"OnFailure": {"Destination": queue}})
    work = CleanUp(reports_items=False)
    sources = listen(deployment("CleanUp", resources={"M": mapping}), work.functions)

    offer(sources, 3, 1)
    clock.fire_next()
    sources.drain(WAIT_SECONDS)

    assert work.batches == [["k0", POISON, "k2"]] * 2
    [(message, _)] = aws.messages(queue)
    info = message["DDBStreamBatchInfo"]
    assert (info["startSequenceNumber"], info["endSequenceNumber"]) == ("1000", "1002")
    assert info["batchSize"] == 3


def test_first_of_several_failures_is_checkpoint(listen: Listen, clock: ManualClock) -> None:
    """Records between two reported failures are repeated, although they were processed."""
    mapping = source(
        BatchSize=5, MaximumRetryAttempts=0, FunctionResponseTypes=["ReportBatchItemFailures"]
    )
    work = CleanUp(reports_items=True)
    sources = listen(deployment("CleanUp", resources={"M": mapping}), work.functions)

    offer(sources, 5, 1, 3)
    sources.drain(WAIT_SECONDS)

    assert work.batches[1] == [POISON, "k2", POISON, "k4"]


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
def test_response_with_unknown_record_fails_batch(
    listen: Listen, clock: ManualClock, answer: Any, runs: int
) -> None:
    """No failures mean success; an unknown or empty identifier fails every record."""
    mapping = source(BatchSize=2, FunctionResponseTypes=["ReportBatchItemFailures"])
    functions = Functions(CleanUp=lambda _: answer)
    sources = listen(deployment("CleanUp", resources={"M": mapping}), functions)

    offer(sources, 2)
    for _ in range(runs - 1):
        clock.fire_next()
    sources.drain(WAIT_SECONDS)

    assert len(functions.calls) == runs


def test_retries_back_off(listen: Listen, clock: ManualClock) -> None:
    """Each pause is twice as long as the one before, up to a minute."""
    work = CleanUp(reports_items=False)
    mapping = source(MaximumRetryAttempts=8)
    sources = listen(deployment("CleanUp", resources={"M": mapping}), work.functions)

    offer(sources, 1, 0)
    for _ in range(8):
        clock.fire_next()
    sources.drain(WAIT_SECONDS)

    assert clock.asked == [1, 2, 4, 8, 16, 32, 60, 60]


def test_throttled_batch_backs_off_and_keeps_its_retries(
    listen: Listen, clock: ManualClock
) -> None:
    """Throttling is not a failure and uses up no retry."""
    refusals = [429, 500]

    def refuse(_: dict[str, Any]) -> None:
        if refusals:
            raise InvokeError("TooManyRequestsException", "Rate Exceeded.", refusals.pop())

    functions = Functions(CleanUp=refuse)
    mapping = source(MaximumRetryAttempts=0)
    sources = listen(deployment("CleanUp", resources={"M": mapping}), functions)

    offer(sources, 1)
    clock.fire_next()
    clock.fire_next()
    sources.drain(WAIT_SECONDS)

    assert len(functions.calls) == 3


def test_missing_queue_loses_one_batch(listen: Listen, caplog: pytest.LogCaptureFixture) -> None:
    """If a failed batch cannot be reported, the reader logs that and continues."""
    nowhere = {"OnFailure": {"Destination": "arn:aws:sqs:us-east-1:123456789012:nowhere"}}
    mapping = source(BatchSize=1, MaximumRetryAttempts=0, DestinationConfig=nowhere)
    work = CleanUp(reports_items=False)
    sources = listen(deployment("CleanUp", resources={"M": mapping}), work.functions)

    offer(sources, 2, 0)
    sources.drain(WAIT_SECONDS)

    assert work.batches == [[POISON], ["k1"]]
    assert "a batch of M could not be processed" in caplog.text
