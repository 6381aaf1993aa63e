"""What keeps a call that changes something from being executed twice: Powertools' idempotency.

A record is at `idempotency#tool#{tenant}#{run_id}` for longer than any run lives. It is written
before the call and completed after it. A record that was begun and not completed is never begun
again: its call may have taken effect. That is why it is "in progress" for as long as it exists, and
why whoever uses this needs no right to delete records (Powertools deletes one when the work raises;
ours does not raise).
"""

from collections.abc import Callable
from typing import Any, cast

from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyInconsistentStateError,
    IdempotencyPersistenceLayerError,
)
from aws_lambda_powertools.utilities.typing import LambdaContext

from understudy.adapters.dynamodb import keys
from understudy.domain.tools import ToolCall, ToolResult, error_output
from understudy.errors import StorageUnavailableError
from understudy.observability import logger

KEPT_SECONDS = 3 * 24 * 3600
"""A run lives for a day at most, and its execution for an hour more."""

LARGE = 100_000
"""Bytes of an output above which the record does without: DynamoDB takes 400 KB of JSON in JSON."""

NOT_KEPT = ToolResult(
    output=error_output("output_lost", "The call was executed, but its output was lost."),
    failed=True,
)
"""What a call gave whose large output could not be stored with it the first time."""


class _WholeLife:
    """Stands for Lambda's context, of which Powertools takes how long a record is in progress."""

    def get_remaining_time_in_millis(self) -> int:
        return KEPT_SECONDS * 1000


class SideEffects:
    """Calls that change something, each executed at most once."""

    def __init__(self, records: DynamoDBPersistenceLayer) -> None:
        self._records = records

    def once(self, call: ToolCall, execute: Callable[[], ToolResult]) -> ToolResult | None:
        """What the call gave, now or before; None if it was begun before and nobody knows more.

        Raises StorageUnavailableError if it could not be begun.
        """
        done: list[ToolResult] = []

        def work(*, call_id: str) -> dict[str, Any]:
            del call_id
            done.append(execute())
            large = len(done[0].output.encode("utf-8", "replace")) > LARGE
            return (NOT_KEPT if large else done[0]).model_dump()

        # An environment of Lambda executes one call at a time, so the place may be set here.
        self._records.static_pk_value = keys.executed_calls_of(call.tenant, call.run_id)
        begin = idempotent_function(
            work,
            data_keyword_argument="call_id",
            persistence_store=self._records,
            config=IdempotencyConfig(
                expires_after_seconds=KEPT_SECONDS,
                hash_function="sha256",
                lambda_context=cast(LambdaContext, _WholeLife()),
            ),
            key_prefix="call",
        )
        try:
            stored = begin(call_id=call.call_id)
        except (IdempotencyAlreadyInProgressError, IdempotencyInconsistentStateError):
            return None
        except IdempotencyPersistenceLayerError as error:
            if not done:
                raise StorageUnavailableError("the call's record was not written") from error
            # The record stays begun, and the output is on its way to be stored with the call.
            logger.warning("executed_call_not_recorded", reason=type(error).__name__)
        return done[0] if done else ToolResult.model_validate(stored)
