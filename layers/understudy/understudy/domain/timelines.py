"""The timeline of a run: what it did and what it waited for, from what is stored of it.

Nothing is recorded for the timeline alone: the times are attributes of the run, of its usage, its
steps and its tool calls.
"""

from collections.abc import Iterator, Sequence
from typing import Final, Literal

from understudy.domain.base import Json, Record
from understudy.domain.decisions import Decision
from understudy.domain.ids import order_of
from understudy.domain.run_steps import STEP_END_OF_RUN, RunStep
from understudy.domain.runs import Run, RunStatus
from understudy.domain.tools import CallStatus, RunsOn, ToolCall
from understudy.domain.usage import RoundUsage

MAX_TEXT: Final = 4_000
"""Characters of arguments and outputs in a timeline; the run's steps have them whole."""

EventType = Literal["queue", "model", "tool", "approval", "hosted_tool", "message"]
EventStatus = Literal["in_progress", "completed", "failed", "cancelled", "expired", "refused"]


class Event(Record):
    """One thing that a run did or waited for. Times are Unix milliseconds.

    `ended_ms` is None while it lasts, `started_ms` if the time is not known. `round` counts the
    requests to the model from 1; what comes before the first one has 0. `retries` counts how often
    the provider's rate limit delayed the run. `usage` is that of a model's round.
    """

    type: EventType
    name: str
    status: EventStatus = "completed"
    round: int = 0
    started_ms: int | None = None
    ended_ms: int | None = None
    retries: int = 0
    response_id: str | None = None
    usage: RoundUsage | None = None
    step_id: str | None = None
    call_id: str | None = None
    runs_on: RunsOn | None = None
    arguments: str | None = None
    output: str | None = None
    message_id: str | None = None


def events(run: Run, steps: Sequence[RunStep], calls: Sequence[ToolCall]) -> list[Event]:
    """Returns what happened, in the order in which it began."""
    found = [
        _queue(run),
        *_models(run, steps),
        *(each for call in calls for each in _call(run, call)),
        *_steps(run, steps),
    ]
    begun = [each for each in found if each.started_ms is not None]
    return sorted(begun, key=lambda each: each.started_ms or 0)


def created_ms(run: Run) -> int:
    """Returns when the run was created, which its id tells to the millisecond."""
    try:
        return order_of(run.id)
    except ValueError:
        return run.created_at * 1000


def cut(text: str | None) -> str | None:
    """Returns a text of at most MAX_TEXT characters."""
    if text is None or len(text) <= MAX_TEXT:
        return text
    return f"{text[:MAX_TEXT]}… ({len(text)} characters)"


def _ended_ms(run: Run) -> int | None:
    return None if run.ended_at is None else run.ended_at * 1000


def _open_status(run: Run) -> EventStatus:
    """Returns the status of something that had no end when it was stored."""
    return STEP_END_OF_RUN[run.status] if run.status.is_final else "in_progress"


def _end_after(run: Run, started: int | None) -> int | None:
    """Returns when the run ended something that it had begun; None while the run is open.

    The run's end is stored in whole seconds, so it may seem to be before the beginning.
    """
    ended = _ended_ms(run)
    return None if ended is None else max(ended, started or 0)


def _queue(run: Run) -> Event:
    first = run.usage[0].started_ms if run.usage else run.asked_ms
    started = created_ms(run)
    return Event(
        type="queue",
        name="queued",
        status="completed" if first else _open_status(run),
        started_ms=started,
        ended_ms=max(first, started) if first else _end_after(run, started),
        retries=run.attempts,
    )


def _models(run: Run, steps: Sequence[RunStep]) -> Iterator[Event]:
    """Yields the finished responses, then the present one if it has not been read yet.

    A response without steps has failed, and was requested again.
    """
    read = {step.usage.response_id for step in steps if step.usage}
    number = 1
    for used in run.usage:
        is_read = used.response_id in read or used is run.usage[-1]
        failed = not is_read or (used is run.usage[-1] and run.status is RunStatus.FAILED)
        yield Event(
            type="model",
            name=used.model,
            status="failed" if failed else "completed",
            round=number,
            started_ms=used.started_ms,
            ended_ms=used.ended_ms,
            response_id=used.response_id,
            usage=used,
        )
        number += is_read
    if run.response_id is not None and run.response_id not in {u.response_id for u in run.usage}:
        yield Event(
            type="model",
            name=run.config.model,
            status=_open_status(run),
            round=number,
            started_ms=run.asked_ms,
            ended_ms=_end_after(run, run.asked_ms),
            response_id=run.response_id,
        )


def _call(run: Run, call: ToolCall) -> Iterator[Event]:
    known = {
        "name": call.name,
        "round": call.round + 1,
        "step_id": call.step_id,
        "call_id": call.call_id,
        "arguments": cut(call.arguments),
    }
    waited = call.decision is not None or call.waits_for_approval
    if waited or (call.status is CallStatus.CLOSED and call.name in run.config.approval_tools):
        status: EventStatus = "refused" if call.decision is Decision.REFUSED else "completed"
        ended = call.decided_ms or _end_after(run, call.asked_ms)
        yield Event.model_validate(
            {
                **known,
                "type": "approval",
                "status": status if call.decision else _open_status(run),
                "started_ms": call.asked_ms,
                "ended_ms": ended,
                "output": cut(call.output) if status == "refused" else None,
            }
        )
        if not call.approved:
            return
    started = call.started_ms or call.decided_ms or call.asked_ms
    done: EventStatus = "failed" if call.failed else "completed"
    has_output = call.output is not None
    yield Event.model_validate(
        {
            **known,
            "type": "tool",
            "status": done if has_output else _open_status(run),
            "started_ms": started,
            "ended_ms": (call.ended_ms or started) if has_output else _end_after(run, started),
            "runs_on": call.runs_on,
            "output": cut(call.output),
        }
    )


def _steps(run: Run, steps: Sequence[RunStep]) -> Iterator[Event]:
    """Yields the provider's own tool calls and the messages, at the end of their response.

    The last step of a response has its usage; the steps are in the order in which they were made.
    """
    ends = {used.response_id: used.ended_ms for used in run.usage}
    number = 1
    waiting: list[RunStep] = []
    for step in steps:
        waiting.append(step)
        if step.usage is None and step is not steps[-1]:
            continue
        ended = ends.get(step.usage.response_id) if step.usage else None
        for each in waiting:
            yield from _step(run, each, number, ended or each.created_at * 1000)
        waiting, number = [], number + 1


def _step(run: Run, step: RunStep, number: int, at: int) -> Iterator[Event]:
    for call in step.hosted_calls:
        name = str(call["type"])
        yield Event(
            type="hosted_tool",
            name=name,
            status="failed" if step.status == "failed" else "completed",
            round=number,
            started_ms=at,
            ended_ms=at,
            step_id=step.id,
            call_id=str(call.get("id")),
            arguments=cut(str(call[name].get("input", ""))) or None,
            output=cut(_hosted_output(call[name])),
        )
    if step.type == "message_creation":
        settled = step.settled(run)
        yield Event(
            type="message",
            name="message",
            status=settled.status,
            round=number,
            started_ms=at,
            ended_ms=None if settled.ended_at is None else max(at, settled.ended_at * 1000),
            step_id=step.id if step.is_shown(run) else None,
            message_id=step.message_id if step.is_shown(run) else None,
        )


def _hosted_output(details: Json) -> str:
    logs = [str(each.get("logs", "")) for each in details.get("outputs", [])]
    files = [str(each.get("file_name", "")) for each in details.get("results", [])]
    return "\n".join([*logs, *files])
