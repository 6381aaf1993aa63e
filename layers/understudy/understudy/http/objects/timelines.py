"""Timelines of runs."""

from collections.abc import Sequence
from typing import Literal, NotRequired, cast

from typing_extensions import TypedDict

from understudy.domain.run_outcomes import outcome, waiting_for
from understudy.domain.run_steps import RunStep
from understudy.domain.runs import Run
from understudy.domain.timelines import Event, EventStatus, EventType, created_ms, events
from understudy.domain.tools import ToolCall
from understudy.domain.usage import TokenUsage, run_cost, run_usage, token_usage
from understudy.http.objects.runs import LastErrorObject, last_error_object


class WaitingObject(TypedDict):
    """Who has to act before the run continues."""

    who: Literal["approver", "client", "tool", "model", "worker"]
    explanation: str


class TimelineEventObject(TypedDict):
    """One thing that the run did or waited for. Times are Unix seconds with a fraction.

    `ended_at` is null while it lasts. `round` counts the requests to the model from 1. Arguments
    and outputs are cut to 4,000 characters; the run's steps have them whole.
    """

    type: EventType
    name: str
    status: EventStatus
    round: int
    started_at: float
    ended_at: float | None
    retries: NotRequired[int]
    response_id: NotRequired[str]
    usage: NotRequired[TokenUsage]
    cost_usd: NotRequired[float | None]
    step_id: NotRequired[str]
    call_id: NotRequired[str]
    runs_on: NotRequired[Literal["server", "client"]]
    arguments: NotRequired[str]
    output: NotRequired[str]
    message_id: NotRequired[str]


class TimelineObject(TypedDict):
    """What a run did and waited for, in order, and why it ended."""

    object: Literal["thread.run.timeline"]
    run_id: str
    thread_id: str
    assistant_id: str
    user_id: str | None
    status: str
    model: str
    degraded: bool
    created_at: float
    ended_at: float | None
    expires_at: int | None
    waiting_for: list[WaitingObject]
    last_error: LastErrorObject | None
    explanation: str | None
    usage: TokenUsage | None
    cost_usd: float | None
    events: list[TimelineEventObject]


def timeline_object(
    run: Run, steps: Sequence[RunStep], calls: Sequence[ToolCall]
) -> TimelineObject:
    """Returns the timeline of a run with these steps and tool calls."""
    found = events(run, steps, calls)
    last = max([each.ended_ms or 0 for each in found], default=0)
    return {
        "object": "thread.run.timeline",
        "run_id": run.id,
        "thread_id": run.thread_id,
        "assistant_id": run.assistant_id,
        "user_id": run.user_id,
        "status": run.status,
        "model": run.config.model,
        "degraded": run.degraded,
        "created_at": created_ms(run) / 1000,
        # The end is stored in whole seconds; the events know it better.
        "ended_at": None if run.ended_at is None else max(run.ended_at * 1000, last) / 1000,
        "expires_at": None if run.status.is_final else run.deadline,
        "waiting_for": [
            {"who": each.who, "explanation": each.explanation} for each in waiting_for(run, calls)
        ],
        "last_error": last_error_object(run.last_error),
        "explanation": outcome(run, calls),
        "usage": run_usage(run.usage),
        "cost_usd": run_cost(run.usage),
        "events": [_event(each) for each in found],
    }


def _event(event: Event) -> TimelineEventObject:
    fields = event.model_dump(mode="json", exclude_none=True, exclude={"usage", "retries"})
    shown = {name: value for name, value in fields.items() if not name.endswith("_ms")}
    shown["started_at"] = (event.started_ms or 0) / 1000
    shown["ended_at"] = None if event.ended_ms is None else event.ended_ms / 1000
    if event.retries:
        shown["retries"] = event.retries
    if event.usage is not None:
        shown["usage"] = token_usage([event.usage])
        shown["cost_usd"] = event.usage.cost_usd
    return cast(TimelineEventObject, shown)
