"""Publishes events for other systems of the account on an EventBridge bus."""

import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from understudy.domain.run_events import SOURCE, event_detail, event_type
from understudy.domain.runs import Run
from understudy.errors import StorageUnavailableError


class EventBridgeRunEvents:
    """Implements the port RunEvents."""

    def __init__(self, client: Callable[[], Any], bus: str) -> None:
        self._client = client
        self._bus = bus

    def ended(self, run: Run) -> None:
        """Publishes the run's end. Raises StorageUnavailableError unless the bus accepts it."""
        entry = {
            "Source": SOURCE,
            "DetailType": event_type(run),
            "Detail": json.dumps(event_detail(run)),
            "EventBusName": self._bus,
        }
        try:
            response = self._client().put_events(Entries=[entry])
        except ClientError as error:
            raise StorageUnavailableError(error.response["Error"]["Code"]) from error
        except BotoCoreError as error:
            raise StorageUnavailableError(type(error).__name__) from error
        if response["FailedEntryCount"]:
            raise StorageUnavailableError(str(response["Entries"][0].get("ErrorCode")))
