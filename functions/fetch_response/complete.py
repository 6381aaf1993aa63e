"""Completes a run: the messages of its last round are added to the thread as the run ends."""

from typing import TYPE_CHECKING

from understudy.domain.run_steps import RunStep
from understudy.domain.runs import Run, RunStatus
from understudy.domain.usage import RoundUsage

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.run_steps import RunSteps
    from understudy.adapters.dynamodb.runs import Runs


def complete_run(runs: "Runs", run_steps: "RunSteps", run: Run, *, now: float) -> Run:
    """Writes messages, usage and status in one transaction; returns the run as it ended.

    Raises RunCancellingError if a cancel request came first.
    """
    steps = run_steps.of_run(run.tenant, run.thread_id, run.id)
    with_message = [step for step in steps if step.message and step.status == "in_progress"]
    reason = run.incomplete_reason or next(filter(None, map(_reason, with_message)), None)
    known = {used.response_id for used in run.usage}
    usage = [step.usage for step in steps if step.usage and step.usage.response_id not in known]
    ended = run.model_copy(
        update={
            "status": RunStatus.INCOMPLETE if reason else RunStatus.COMPLETED,
            "ended_at": int(now),
            "incomplete_reason": None if reason == "content_filter" else reason,
            "usage": [*run.usage, *(_timed(run, used) for used in usage)],
        }
    )
    runs.end(ended, messages=[step.as_message(run, int(now)) for step in with_message])
    return ended


def _timed(run: Run, used: RoundUsage) -> RoundUsage:
    """Returns the usage with the time of its request, which its step does not have."""
    return used.model_copy(update={"started_ms": run.asked_ms})


def _reason(step: RunStep) -> str | None:
    """Returns why the run is incomplete, in OpenAI's terms.

    They have none for a content filter: such a run has no `incomplete_details`, its message has.
    """
    message = step.message
    if message is None or message.incomplete_reason is None:
        return None
    is_limit = message.incomplete_reason == "max_tokens"
    return "max_completion_tokens" if is_limit else message.incomplete_reason
