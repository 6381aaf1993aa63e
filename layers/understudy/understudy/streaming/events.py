"""The events of a run in OpenAI's order, from its steps, its calls and the live response.

The whole sequence is a function of what is stored and of what the provider has sent so far, so any
process can continue where another one stopped. Orders and shapes follow recorded traffic of
OpenAI's API (openai-dotnet's session records of 2025-10-30).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from understudy.domain.base import Json
from understudy.domain.run_steps import STEP_END_OF_RUN, RunStep
from understudy.domain.runs import Run, RunStatus
from understudy.domain.tools import RunsOn, ToolCall
from understudy.streaming.cursor import END_STEP, Cursor
from understudy.streaming.deltas import call_deltas, hosted_deltas, message_deltas
from understudy.streaming.rendering import Rendering
from understudy.streaming.sse import StreamEvent

CREATED, IN_PROGRESS, MESSAGE_CREATED, MESSAGE_IN_PROGRESS, DELTAS, MESSAGE_ENDED, ACTION = range(7)
STEP_ENDED, QUEUED_AGAIN, IN_PROGRESS_AGAIN = range(7, 10)
"""Phases of a step. `ACTION` is `thread.run.requires_action`, after which a stream ends."""


@dataclass(frozen=True)
class RunView:
    """A run at one moment. `steps` are those that are stored, in order; `live` those that the
    provider is writing now, which are not stored yet. `calls` are all function calls of the run.
    """

    run: Run
    steps: Sequence[RunStep] = ()
    live: Sequence[RunStep] = ()
    calls: Sequence[ToolCall] = field(default_factory=tuple)

    @property
    def all_steps(self) -> list[RunStep]:
        """The stored steps, then the live ones that are not stored."""
        stored = {step.id for step in self.steps}
        return [*self.steps, *(step for step in self.live if step.id not in stored)]


def events_after(view: RunView, after: Cursor, shown: Rendering) -> Iterator[StreamEvent]:
    """Yields the events that follow a position, as far as they can be known yet."""
    for event in _all(view, after, shown):
        if event.at > after:
            yield event


def _all(view: RunView, after: Cursor, shown: Rendering) -> Iterator[StreamEvent]:
    run = view.run
    yield StreamEvent("thread.run.created", shown.run(run, RunStatus.QUEUED), Cursor(0, 1))
    yield StreamEvent("thread.run.queued", shown.run(run, RunStatus.QUEUED), Cursor(0, 2))
    steps = view.all_steps
    if run.status is not RunStatus.QUEUED or steps:
        at = Cursor(0, 3)
        yield StreamEvent("thread.run.in_progress", shown.run(run, RunStatus.IN_PROGRESS), at)
    for place, step in enumerate(steps, start=1):
        if step.type == "message_creation":
            yield from _message(view, place, step, after, shown)
        else:
            yield from _tool_calls(view, place, step, after, shown)
    yield from _end(run, shown)


def _message(
    view: RunView, place: int, step: RunStep, after: Cursor, shown: Rendering
) -> Iterator[StreamEvent]:
    open_step = step.model_copy(update={"status": "in_progress", "ended_at": None, "usage": None})
    yield from _opening(view, place, open_step, shown)
    begun = shown.message(view.run, step, "in_progress")
    yield StreamEvent("thread.message.created", begun, Cursor(place, MESSAGE_CREATED))
    yield StreamEvent("thread.message.in_progress", begun, Cursor(place, MESSAGE_IN_PROGRESS))
    for delta, at in message_deltas(step, Cursor(place, DELTAS), after):
        body = {"id": step.message_id, "object": "thread.message.delta", "delta": delta}
        yield StreamEvent("thread.message.delta", body, at)
    if not _is_over(view, step):
        return
    status = _ended_status(view, step)
    is_cut = status != "completed" or (step.message and step.message.incomplete_reason)
    ended = "incomplete" if is_cut else "completed"
    whole = shown.message(view.run, step, ended)
    yield StreamEvent(f"thread.message.{ended}", whole, Cursor(place, MESSAGE_ENDED))
    yield _step_ended(view, place, step, status, shown)


def _tool_calls(
    view: RunView, place: int, step: RunStep, after: Cursor, shown: Rendering
) -> Iterator[StreamEvent]:
    mine = [call for call in view.calls if call.step_id == step.id]
    empty = step.model_copy(
        update={"status": "in_progress", "ended_at": None, "usage": None, "hosted_calls": [],
                "call_ids": []}
    )  # fmt: skip
    yield from _opening(view, place, empty, shown)
    start = Cursor(place, DELTAS)
    for delta, at in (*hosted_deltas(step, start, after), *call_deltas(mine, start, after)):
        details = {"type": "tool_calls", "tool_calls": [delta]}
        body = {
            "id": step.id,
            "object": "thread.run.step.delta",
            "delta": {"step_details": details},
        }
        yield StreamEvent("thread.run.step.delta", body, at)
    asks_client = any(_asks_client(call) for call in mine)
    is_open = view.run.status is RunStatus.REQUIRES_ACTION and view.run.round == _round(mine)
    is_over = not is_open and _is_over(view, step)
    if asks_client and (is_open or is_over):
        body = shown.run(view.run, RunStatus.REQUIRES_ACTION, mine)
        yield StreamEvent("thread.run.requires_action", body, Cursor(place, ACTION))
    if not is_over:
        return
    status = _ended_status(view, step)
    yield _step_ended(view, place, step, status, shown)
    if not asks_client or status != "completed":
        return
    queued, working = RunStatus.QUEUED, RunStatus.IN_PROGRESS
    yield StreamEvent("thread.run.queued", shown.run(view.run, queued), Cursor(place, QUEUED_AGAIN))
    if view.run.status is not queued or place < len(view.all_steps):
        at = Cursor(place, IN_PROGRESS_AGAIN)
        yield StreamEvent("thread.run.in_progress", shown.run(view.run, working), at)


def _asks_client(call: ToolCall) -> bool:
    """Whether the run stops for this call: for its output, or for a person's approval."""
    is_client = call.runs_on is RunsOn.CLIENT
    return is_client or call.waits_for_approval or call.decision is not None


def _round(calls: Sequence[ToolCall]) -> int | None:
    return calls[0].round if calls else None


def _opening(view: RunView, place: int, step: RunStep, shown: Rendering) -> Iterator[StreamEvent]:
    body = shown.step(view.run, step, ())
    yield StreamEvent("thread.run.step.created", body, Cursor(place, CREATED))
    yield StreamEvent("thread.run.step.in_progress", body, Cursor(place, IN_PROGRESS))


def _is_over(view: RunView, step: RunStep) -> bool:
    """Whether a step's end is stored, so that it may be sent to a client."""
    is_stored = any(stored.id == step.id for stored in view.steps)
    return view.run.status.is_final or (is_stored and step.status != "in_progress")


def _ended_status(view: RunView, step: RunStep) -> str:
    if step.status != "in_progress":
        return step.status
    return STEP_END_OF_RUN[view.run.status]


def _step_ended(
    view: RunView, place: int, step: RunStep, status: str, shown: Rendering
) -> StreamEvent:
    ended = step.settled(view.run)
    body: Json = shown.step(view.run, ended, view.calls)
    return StreamEvent(f"thread.run.step.{status}", body, Cursor(place, STEP_ENDED))


def _end(run: Run, shown: Rendering) -> Iterator[StreamEvent]:
    if run.status in (RunStatus.CANCELLING, RunStatus.CANCELLED):
        body = shown.run(run, RunStatus.CANCELLING)
        yield StreamEvent("thread.run.cancelling", body, Cursor(END_STEP, 0))
    if run.status.is_final:
        yield StreamEvent(
            f"thread.run.{run.status}", shown.run(run, run.status), Cursor(END_STEP, 1)
        )
