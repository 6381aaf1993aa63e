"""Completing a run: the answers in its steps become messages as the run gets its final status."""

from understudy.domain.messages import Message
from understudy.domain.run_steps import RunStep
from understudy.domain.runs import Run, RunStatus
from understudy.ports import Ports


def complete_run(ports: Ports, run: Run) -> Run:
    """Writes messages, usage and status in one transaction; returns the run as it ended.

    Raises RunCancellingError if a cancel came first.
    """
    now = int(ports.now())
    steps = ports.run_steps.of_run(run.tenant, run.thread_id, run.id)
    answers = [step for step in steps if step.answer is not None]
    reason = run.incomplete_reason or next(filter(None, map(_reason, answers)), None)
    known = {turn.response_id for turn in run.usage}
    turns = [step.usage for step in steps if step.usage and step.usage.response_id not in known]
    ended = run.model_copy(
        update={
            "status": RunStatus.INCOMPLETE if reason else RunStatus.COMPLETED,
            "ended_at": now,
            "incomplete_reason": None if reason == "content_filter" else reason,
            "usage": [*run.usage, *turns],
        }
    )
    ports.runs.end(ended, messages=[_message(run, step, now) for step in answers])
    return ended


def _reason(step: RunStep) -> str | None:
    """Why the run is incomplete, in the original's words.

    It had none for a content filter: such a run shows no details, its message does.
    """
    answer = step.answer
    if answer is None or answer.incomplete_reason is None:
        return None
    is_limit = answer.incomplete_reason == "max_tokens"
    return "max_completion_tokens" if is_limit else answer.incomplete_reason


def _message(run: Run, step: RunStep, now: int) -> Message:
    answer = step.answer
    assert answer is not None  # chosen by the caller
    assert step.message_id is not None
    return Message(
        id=step.message_id,
        tenant=run.tenant,
        thread_id=run.thread_id,
        created_at=now,
        role="assistant",
        content=answer.content,
        status="incomplete" if answer.incomplete_reason else "completed",
        incomplete_reason=answer.incomplete_reason,
        assistant_id=run.assistant_id,
        run_id=run.id,
    )
