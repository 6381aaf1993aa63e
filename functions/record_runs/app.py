"""DynamoDB stream of ended runs: counts them, settles their budgets and publishes their events."""

from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from understudy.services import Services, services
from understudy.streams import all_images

from .record import RunRecorder


def handler(
    event: dict[str, Any], context: Any, using: Services | None = None
) -> PartialItemFailureResponse:
    """Records the runs of a batch together. Idempotent, also if a retry has other batches."""
    chosen = using or services()
    recorder = RunRecorder(chosen.usage, chosen.run_events)
    return all_images(event, context, chosen.runs.read_ended, recorder.record)
