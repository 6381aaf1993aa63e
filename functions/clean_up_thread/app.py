"""DynamoDB stream: a thread's item was removed, by its TTL or by a caller; so goes all it had."""

import json
from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
from understudy.actions.clean_thread import clean_thread
from understudy.bootstrap import Services, services
from understudy.domain.threads import Thread
from understudy.observability import log_unforeseen, logger
from understudy.tasks import invocation


def handler(
    event: dict[str, Any], context: Any, using: Services | None = None
) -> PartialItemFailureResponse:
    """The records that could not be done are named, so that only they come again."""
    ports = using or services()
    processor = BatchProcessor(EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)

    def clean(record: DynamoDBRecord) -> None:
        thread = _thread(record)
        with logger.append_context_keys(tenant=thread.tenant, thread_id=thread.id):
            try:
                clean_thread(ports, thread)
            except Exception as error:
                log_unforeseen(error)
                raise

    with invocation(context):
        return process_partial_response(event, clean, processor, context)


def _thread(record: DynamoDBRecord) -> Thread:
    """The thread as it was. Raises ValueError for a record without its old image."""
    image = record.dynamodb.old_image if record.dynamodb else None
    if not image:
        raise ValueError("the stream does not carry old images")
    resources = image.get("tool_resources")
    known = {
        **image,
        "id": image["thread_id"],
        "metadata": {},
        "tool_resources": json.loads(resources) if resources else None,
    }
    return Thread.model_validate(known)
