"""State CheckStatus: looks at the response and says where the run stands."""

from understudy.actions.open_run import open_run
from understudy.actions.progress import Progress, RunRef, progress_of
from understudy.actions.take_turn import take_turn
from understudy.bootstrap import Services
from understudy.domain.runs import RunStatus
from understudy.tasks import run_task


@run_task
def handler(ref: RunRef, services: Services) -> Progress:
    """A response that is finished counts even when the deadline has just passed."""
    run, now = open_run(services.runs, ref), services.now()
    if run.news:
        services.runs.clear_news(run)
    if run.status is RunStatus.CANCELLING:
        return progress_of(run, run.status, now=now)
    overdue = now >= run.deadline
    if run.status is RunStatus.QUEUED or run.response_id is None:
        return progress_of(run, RunStatus.EXPIRED if overdue else RunStatus.QUEUED, now=now)
    result = services.provider.retrieve_response(run.response_id)
    if not result.is_working:
        return take_turn(services, run, result)
    return progress_of(
        run,
        RunStatus.EXPIRED if overdue else RunStatus.IN_PROGRESS,
        now=now,
        checks=ref.progress.checks + 1,
        webhooks=services.settings.webhooks_enabled,
    )
