"""Entry points for DynamoDB stream functions. Only records that failed are retried."""

from collections.abc import Callable
from typing import Any, TypeVar

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import (
    DynamoDBRecord,
    DynamoDBStreamEvent,
)

from understudy.observability import log_unforeseen, logger
from understudy.tasks import invocation

IDS = {"tenant": "tenant", "thread_id": "thread_id"}
"""The ids of a log line, and their attributes in a thread's item."""

Image = dict[str, Any]
T = TypeVar("T")


def each_thread(
    event: dict[str, Any], context: Any, do: Callable[[Image], object]
) -> PartialItemFailureResponse:
    """Calls `do` with the old image of each record, a thread's item.

    An error is logged, which Powertools does not do, and its record is reported as failed, so that
    Lambda retries only the failed records.
    """
    processor = BatchProcessor(EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)

    def one(record: DynamoDBRecord) -> None:
        image = (record.dynamodb.old_image if record.dynamodb else None) or {}
        ids = {name: image[attribute] for name, attribute in IDS.items() if image.get(attribute)}
        with logger.append_context_keys(**ids):
            try:
                if not image:
                    raise ValueError("the stream does not carry old images")
                do(image)
            except Exception as error:
                log_unforeseen(error)
                raise

    with invocation(context):
        return process_partial_response(event, one, processor, context)


def all_images(
    event: dict[str, Any],
    context: Any,
    read: Callable[[Image], T],
    do: Callable[[list[T]], object],
) -> PartialItemFailureResponse:
    """Calls `do` once with the new images of all records, as `read` returns them.

    If `do` raises, Lambda retries the whole batch, which it halves. A record that `read` raises
    ValueError for is logged and reported as failed, after `do` was called with the others.
    """
    found: list[T] = []
    failures: list[str] = []
    with invocation(context):
        for record in DynamoDBStreamEvent(event).records:
            stream = record.dynamodb
            try:
                found.append(read((stream.new_image if stream else None) or {}))
            except (ValueError, KeyError) as error:
                log_unforeseen(error)
                failures.append(str(stream.sequence_number if stream else record.event_id))
        if found:
            do(found)
        logger.info("batch_done", records=len(found), failed=len(failures))
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failures]}
