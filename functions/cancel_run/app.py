"""State CancelRun: ends a run that is cancelled, out of time or failed, and all it started."""

from understudy.domain.runs import RunStatus, last_error
from understudy.runs.end import Ending, end_run
from understudy.runs.find import open_run
from understudy.runs.progress import Progress, RunRef, progress_of
from understudy.services import Services
from understudy.tasks import run_task

CODES = {
    "ProviderRateLimitedError": "rate_limit_exceeded",
    "ProviderQuotaError": "insufficient_quota",
    "ProviderRefusedError": "invalid_prompt",
}
"""What a caught error means to the caller of the API."""

TEXTS = {
    "ProviderRateLimitedError": "The model's provider is over its rate limit.",
    "ProviderQuotaError": "The quota at the model's provider is used up.",
    "ProviderRefusedError": "The model's provider refused the request.",
    "ProviderUnavailableError": "The model's provider could not be reached.",
    "ProviderKeyError": "The model's provider refused the key of this deployment.",
}


REASONS = {
    RunStatus.CANCELLING: RunStatus.CANCELLED,
    RunStatus.EXPIRED: RunStatus.EXPIRED,
}
"""How a run ends by what brought it here; everything else is a failure."""


@run_task
def handler(ref: RunRef, services: Services) -> Progress:
    """Ends the run as `progress` says; whatever the state machine caught ends it as failed."""
    run = open_run(services.runs, ref)
    reason = REASONS.get(ref.progress.status, RunStatus.FAILED)
    text = TEXTS.get(ref.progress.error, "The run failed inside this deployment.")
    ending = Ending(reason, last_error(CODES.get(ref.progress.error), text))
    run = end_run(services, run, ending)
    return progress_of(run, run.status, now=services.now())
