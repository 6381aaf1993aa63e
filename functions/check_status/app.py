"""State CheckStatus: reads the response and decides where the run goes next."""

from understudy.domain.runs import Run, RunStatus
from understudy.errors import ProviderNotFoundError, ProviderRateLimitedError
from understudy.observability import Metric, emit
from understudy.runs.progress import Progress, RunRef
from understudy.services import Services
from understudy.tasks import run_task

from .round import rounds

NOT_FOUND_CHECKS = 3
"""For how many checks a new response may be unknown to the provider."""


@run_task
def handler(ref: RunRef, services: Services) -> Progress:
    """Uses a finished response even if the run's deadline has passed."""
    if ref.progress.wake_pending:
        services.waits.clear_pending(ref.progress.wait_id)
    run, now, pacing = services.runs.get_open(*ref.ids), services.now(), services.pacing
    services.open_runs.postpone(run, now)
    if run.status is RunStatus.CANCELLING:
        return pacing.progress(run)
    if _outputs_are_due(ref.progress, run):
        return pacing.progress(run, RunStatus.QUEUED)
    if run.incomplete_reason:  # the prompt was too long for a request to the model
        return pacing.progress(run, RunStatus.INCOMPLETE)
    if ref.progress.checks == 0 and run.round == 0:
        emit({Metric.SECONDS_TO_FIRST_CHECK: max(0.0, now - run.begun_at)})
    overdue = now >= run.deadline
    if run.status is RunStatus.QUEUED or run.response_id is None:
        return pacing.progress(run, RunStatus.EXPIRED if overdue else RunStatus.QUEUED)
    checks = ref.progress.checks + 1
    status = RunStatus.EXPIRED if overdue else RunStatus.IN_PROGRESS
    try:
        result = services.provider.retrieve_response(run.response_id)
    except ProviderRateLimitedError as error:
        return pacing.progress(run, status, checks=checks, at_least=error.retry_after)
    except ProviderNotFoundError:
        if checks > NOT_FOUND_CHECKS:
            raise
        return pacing.progress(run, status, checks=checks)
    if result.is_working:
        return pacing.progress(run, status, checks=checks)
    return rounds(services).finish(run, result)


def _outputs_are_due(progress: Progress, run: Run) -> bool:
    """Returns whether SubmitToolOutputs has timed out without having sent the round's outputs."""
    return progress.status is RunStatus.QUEUED and progress.asked and progress.round == run.round
