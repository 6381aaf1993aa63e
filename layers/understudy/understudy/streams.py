"""Entry point for DynamoDB stream functions. Only records that failed are retried."""

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
"""The ids of a log line, and their attributes in a thread's item."""

Image = dict[str, Any]


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
