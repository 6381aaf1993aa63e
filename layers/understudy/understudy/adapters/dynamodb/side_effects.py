"""Executes calls with side effects at most once, with Powertools' idempotency.

A record at `idempotency#tool#{tenant}#{run_id}` outlives the run. It is written before the call is
executed and completed afterwards. A record that was not completed is never retried, because the
call may have taken effect: it counts as in progress for as long as it exists. The function needs no
permission to delete records: Powertools deletes one if the work raises, and this work never raises.
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
"""A run takes a day at most, its execution an hour more."""

LARGE = 100_000
"""Bytes. A larger output is not stored in the record: an item may have 400 KB."""

NOT_KEPT = ToolResult(
    output=error_output("output_lost", "The call was executed, but its output was lost."),
    failed=True,
)
"""The result of a call whose large output was lost before it was stored with the call."""


class _WholeLife:
    """Replaces Lambda's context, from which Powertools takes how long a record is in progress."""

    def get_remaining_time_in_millis(self) -> int:
        return KEPT_SECONDS * 1000


class SideEffects:
    """Calls with side effects, each executed at most once."""

    def __init__(self, records: DynamoDBPersistenceLayer) -> None:
        self._records = records

    def once(self, call: ToolCall, execute: Callable[[], ToolResult]) -> ToolResult | None:
        """Executes the call and returns its result, or returns the result of an earlier attempt.

        Returns None if an earlier attempt was interrupted: its outcome is unknown. Raises
        StorageUnavailableError if the record cannot be written; the call is not executed then.
        """
        done: list[ToolResult] = []

        def work(*, call_id: str) -> dict[str, Any]:
            del call_id
            done.append(execute())
            large = len(done[0].output.encode("utf-8", "replace")) > LARGE
            return (NOT_KEPT if large else done[0]).model_dump()

        # A Lambda environment executes one call at a time, so this attribute is not shared.
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
            # The record stays in progress; the caller stores the output with the call.
            logger.warning("executed_call_not_recorded", reason=type(error).__name__)
        return done[0] if done else ToolResult.model_validate(stored)
