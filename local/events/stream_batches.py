"""How Lambda processes one batch of a stream: partial responses, bisection, retries, giving up.

See "Configuring partial batch response with DynamoDB and Lambda" and the parameters
BisectBatchOnFunctionError and MaximumRetryAttempts of an event source mapping.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

from local.aws.functions import Outcome
from local.events.declared import StreamMapping

Record = dict[str, Any]


class BatchStoppedError(Exception):
    """The event source is closing; the batch is left unprocessed."""


class BatchProcessor:
    """Processes batches of one mapping in order, until each record is done or given up.

    `pause` waits before retry number n and returns False when the event source is closing.
    `give_up` gets the failed records, the last outcome and the number of tries.
    """

    def __init__(
        self,
        mapping: StreamMapping,
        invoke: Callable[[bytes], Outcome],
        pause: Callable[[int], bool],
        give_up: Callable[[Sequence[Record], Outcome, int], None],
    ) -> None:
        self._mapping = mapping
        self._invoke = invoke
        self._pause = pause
        self._give_up = give_up

    def process(self, batch: Sequence[Record]) -> None:
        """Returns when every record is done or given up. Raises BatchStoppedError."""
        parts = [list(batch)]
        while parts:
            parts = self._attempt_first(parts[0]) + parts[1:]

    def _attempt_first(self, batch: list[Record]) -> list[list[Record]]:
        """Tries one part until it shrinks, splits or is over; returns what is left of it.

        Splitting does not count as a retry.
        """
        tries = 0
        while True:
            outcome = self._invoke(json.dumps({"Records": batch}).encode())
            tries += 1
            failed_at = self._first_failure(batch, outcome)
            if failed_at is None:
                return []
            if failed_at > 0:
                return [batch[failed_at:]]
            if self._mapping.bisect and len(batch) > 1:
                middle = len(batch) // 2
                return [batch[:middle], batch[middle:]]
            limit = self._mapping.max_retries
            if limit is not None and tries > limit:
                self._give_up(batch, outcome, tries)
                return []
            if not self._pause(tries):
                raise BatchStoppedError

    def _first_failure(self, batch: list[Record], outcome: Outcome) -> int | None:
        """Returns the position of the first record that is not done; None when all are.

        The lowest reported sequence number is a checkpoint: all records from it on are repeated.
        A missing or unknown identifier fails the whole batch.
        """
        if outcome.error is not None:
            return 0
        answer = json.loads(outcome.payload or b"null")
        if not self._mapping.reports_item_failures or not isinstance(answer, dict):
            return None
        failures = answer.get("batchItemFailures") or []
        positions = {
            record["dynamodb"]["SequenceNumber"]: position for position, record in enumerate(batch)
        }
        reported = [positions.get(failure.get("itemIdentifier"), 0) for failure in failures]
        return min(reported, default=None)
