"""State CheckStatus: looks at the response and says where the run stands."""

from understudy.domain.delays import bounded
from understudy.domain.runs import RunStatus
from understudy.errors import ProviderNotFoundError, ProviderRateLimitedError
from understudy.observability import Metric, emit
from understudy.runs.find import open_run
from understudy.runs.progress import Progress, RunRef, progress_of
from understudy.services import Services
from understudy.tasks import run_task

from .round import take_turn

NOT_FOUND_CHECKS = 3
"""How many checks a response may be unknown for after the provider has created it."""


@run_task
def handler(ref: RunRef, services: Services) -> Progress:
    """A response that is finished counts even when the deadline has just passed."""
    run, now = open_run(services.runs, ref), services.now()
    if run.wake_pending:
        run = services.runs.clear_wake_pending(run)
    if run.status is RunStatus.CANCELLING:
        return progress_of(run, run.status, now=now)
    if run.incomplete_reason:  # the model was not even asked
        return progress_of(run, RunStatus.INCOMPLETE, now=now)
    if ref.progress.checks == 0 and run.round == 0:
        emit({Metric.SECONDS_TO_FIRST_CHECK: max(0.0, now - run.created_at)})
    overdue = now >= run.deadline
    if run.status is RunStatus.QUEUED or run.response_id is None:
        return progress_of(run, RunStatus.EXPIRED if overdue else RunStatus.QUEUED, now=now)
    later = progress_of(
        run,
        RunStatus.EXPIRED if overdue else RunStatus.IN_PROGRESS,
        now=now,
        checks=ref.progress.checks + 1,
        webhooks=services.settings.webhooks_enabled,
        backoff=services.settings.poll_seconds,
    )
    try:
        result = services.provider.retrieve_response(run.response_id)
    except ProviderRateLimitedError as error:
        delay = bounded(max(error.retry_after, later.delay_seconds), run.deadline - now)
        return later.model_copy(update={"delay_seconds": delay})
    except ProviderNotFoundError:
        if later.checks > NOT_FOUND_CHECKS:
            raise
        return later
    return later if result.is_working else take_turn(services, run, result)
