"""The frame of every function on a DynamoDB stream: a record by itself, only failed ones again."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord

from understudy.observability import log_unforeseen, logger
from understudy.tasks import invocation

IDS = {"tenant": "tenant", "thread_id": "thread_id", "run_id": "active_run_id"}
"""Of a log line, and in a thread's item."""

Image = dict[str, Any]


def each_thread(
    event: dict[str, Any], context: Any, do: Callable[[Image], object]
) -> PartialItemFailureResponse:
    """Does something with each thread's item as it was before the write that the stream tells of.

    Whatever an item fails with is logged, and its record named in the answer: Powertools keeps the
    error to itself, and Lambda gives only the named records again.
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
            except Exception as error:  # whatever it is, somebody must be able to see it
                log_unforeseen(error)
                raise

    with invocation(context):
        return process_partial_response(event, one, processor, context)
