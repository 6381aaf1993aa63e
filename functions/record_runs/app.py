"""DynamoDB stream of ended runs: counts them, publishes their events, starts the runs behind them.

Their budgets are settled with the count.
"""

from collections.abc import Sequence
from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from understudy.domain.runs import Run
from understudy.services import Services, services
from understudy.streams import all_images

from .record import RunRecorder


def handler(
    event: dict[str, Any], context: Any, using: Services | None = None
) -> PartialItemFailureResponse:
    """Records the runs of a batch together. Idempotent, also if a retry has other batches."""
    chosen = using or services()
    recorder = RunRecorder(chosen.usage, chosen.run_events)

    def record(runs: Sequence[Run]) -> None:
        recorder.record(runs)
        for tenant, thread_id in sorted({(r.tenant, r.thread_id) for r in runs if r.has_queue}):
            chosen.run_promotion.promote(tenant, thread_id)

    return all_images(event, context, chosen.runs.read_ended, record)
