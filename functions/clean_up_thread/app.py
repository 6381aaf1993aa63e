"""DynamoDB stream: a thread's item was deleted, by a caller or by its TTL; removes its contents."""

from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from understudy.services import Services, services
from understudy.streams import Image, each_thread

from .clean import ThreadCleanup


def handler(
    event: dict[str, Any], context: Any, using: Services | None = None
) -> PartialItemFailureResponse:
    """Cleans up after each deleted thread; returns the records that failed, for a retry."""
    chosen = using or services()
    cleanup = ThreadCleanup.of(chosen)

    def clean(image: Image) -> None:
        cleanup.clean(chosen.threads.read(image))

    return each_thread(event, context, clean)
