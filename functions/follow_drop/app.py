"""DynamoDB stream: the active run of a thread with dropped files has ended.

Its answer is to be written, and the next dropped file comes in.
"""

from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
from understudy.actions.admit_drops import admit_drops
from understudy.actions.keep_generated import generated_files, write_manifest
from understudy.bootstrap import Services, services
from understudy.domain.drops import RUN_METADATA
from understudy.observability import logger
from understudy.tasks import invocation


def handler(
    event: dict[str, Any], context: Any, using: Services | None = None
) -> PartialItemFailureResponse:
    """A record that fails is tried again; doing one twice changes nothing."""
    ports = using or services()
    processor = BatchProcessor(EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)

    def follow(record: DynamoDBRecord) -> None:
        old = record.dynamodb.old_image if record.dynamodb else {}
        tenant, thread_id, run_id = old["tenant"], old["thread_id"], old["active_run_id"]
        with logger.append_context_keys(tenant=tenant, thread_id=thread_id, run_id=run_id):
            _follow(ports, tenant, thread_id, run_id)

    with invocation(context):
        return process_partial_response(event, follow, processor, context)


def _follow(ports: Services, tenant: str, thread_id: str, run_id: str) -> None:
    run = ports.runs.get(tenant, thread_id, run_id)
    # The manifest of a run that made files is written when it is completed.
    if run is not None and RUN_METADATA in run.metadata and not generated_files(ports, run):
        write_manifest(ports, run, [])
    admit_drops(ports, tenant, thread_id)
