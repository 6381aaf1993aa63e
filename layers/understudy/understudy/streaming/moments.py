"""Runs, steps and calls as they were at an earlier moment, which the events of a stream show."""

from collections.abc import Sequence

from understudy.domain.base import Json
from understudy.domain.run_steps import ModelMessage, RunStep
from understudy.domain.runs import Run, RunStatus
from understudy.domain.tools import CallStatus, RunsOn, ToolCall

REASONS = {
    RunStatus.CANCELLED: "run_cancelled",
    RunStatus.EXPIRED: "run_expired",
    RunStatus.FAILED: "run_failed",
}
"""Why a message is incomplete that was open when its run ended, in OpenAI's terms."""


def run_as(run: Run, status: RunStatus, *, is_first: bool = False) -> Run:
    """Returns the run with an earlier status; `is_first` is before its first request."""
    if run.status is status and not is_first:
        return run
    earlier: dict[str, object] = {
        "status": status,
        "ended_at": None,
        "last_error": None,
        "incomplete_reason": None,
    }
    if is_first:
        earlier["started_at"] = None
    return run.model_copy(update=earlier)


def open_step(step: RunStep) -> RunStep:
    """Returns the step as it began: without contents."""
    empty: Json = {
        "status": "in_progress",
        "ended_at": None,
        "usage": None,
        "hosted_calls": [],
        "call_ids": [],
    }
    return step.model_copy(update=empty)


def ended_step(step: RunStep, run: Run, *, is_last: bool) -> RunStep:
    """Returns a step that is over, with its final status.

    A step that others follow was completed, whatever happened to the run later.
    """
    if step.status != "in_progress":
        return step
    if not is_last:
        return step.model_copy(update={"status": "completed", "ended_at": step.created_at})
    reason = REASONS.get(run.status)
    if step.message is not None and reason is not None:
        step = _with_reason(step, step.message, reason)
    return step.settled(run)


def abandoned_step(step: RunStep) -> RunStep:
    """Returns a step of a response that the run no longer uses."""
    if step.message is not None:
        step = _with_reason(step, step.message, REASONS[RunStatus.FAILED])
    return step.model_copy(update={"status": "failed", "ended_at": step.created_at})


def _with_reason(step: RunStep, message: ModelMessage, reason: str) -> RunStep:
    """Returns the step with its message marked as incomplete."""
    cut = message.model_copy(update={"incomplete_reason": message.incomplete_reason or reason})
    return step.model_copy(update={"message": cut})


def asks_client(call: ToolCall) -> bool:
    """Returns whether the run stops for this call: for its output, or for a person's approval."""
    is_client = call.runs_on is RunsOn.CLIENT
    return is_client or call.waits_for_approval or call.decision is not None


def asked(calls: Sequence[ToolCall]) -> list[ToolCall]:
    """Returns the calls for which a run stops, as they were when it stopped."""
    return [
        call.model_copy(
            update={
                "output": None,
                "decision": None,
                "status": CallStatus.PENDING
                if call.runs_on is RunsOn.CLIENT
                else CallStatus.AWAITING_APPROVAL,
            }
        )
        for call in calls
        if asks_client(call)
    ]
