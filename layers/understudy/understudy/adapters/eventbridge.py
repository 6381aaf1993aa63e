"""Publishes events for other systems of the account on an EventBridge bus."""

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from understudy.domain.run_events import SOURCE, event_detail, event_type
from understudy.domain.runs import Run
from understudy.errors import StorageUnavailableError

ENTRIES_OF_REQUEST: Final = 10
"""The most that EventBridge accepts."""


class EventBridgeRunEvents:
    """Implements the port RunEvents."""

    def __init__(self, client: Callable[[], Any], bus: str) -> None:
        self._client = client
        self._bus = bus

    def ended(self, runs: Sequence[Run]) -> None:
        """Publishes the ends of runs. Raises StorageUnavailableError unless all are accepted."""
        for start in range(0, len(runs), ENTRIES_OF_REQUEST):
            self._put([self._entry(run) for run in runs[start : start + ENTRIES_OF_REQUEST]])

    def _entry(self, run: Run) -> dict[str, str]:
        return {
            "Source": SOURCE,
            "DetailType": event_type(run),
            "Detail": json.dumps(event_detail(run)),
            "EventBusName": self._bus,
        }

    def _put(self, entries: list[dict[str, str]]) -> None:
        try:
            response = self._client().put_events(Entries=entries)
        except ClientError as error:
            raise StorageUnavailableError(error.response["Error"]["Code"]) from error
        except BotoCoreError as error:
            raise StorageUnavailableError(type(error).__name__) from error
        if response["FailedEntryCount"]:
            codes = {
                str(entry["ErrorCode"]) for entry in response["Entries"] if "ErrorCode" in entry
            }
            raise StorageUnavailableError(", ".join(sorted(codes)))
