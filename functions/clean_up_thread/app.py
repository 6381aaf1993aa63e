"""DynamoDB stream: a thread's item was removed, by its TTL or by a caller; so goes all it had."""

import json
from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from understudy.domain.threads import Thread
from understudy.services import Services, services
from understudy.streams import Image, each_thread

from .clean import clean_thread


def handler(
    event: dict[str, Any], context: Any, using: Services | None = None
) -> PartialItemFailureResponse:
    """The records that could not be done are named, so that only they come again."""
    ports = using or services()
    return each_thread(event, context, lambda image: clean_thread(ports, _thread(image)))


def _thread(image: Image) -> Thread:
    """The thread as it was."""
    resources = image.get("tool_resources")
    known = {
        **image,
        "id": image["thread_id"],
        "metadata": {},
        "tool_resources": json.loads(resources) if resources else None,
    }
    return Thread.model_validate(known)
