"""The events of a run in OpenAI's order, from its steps, its calls and the live response.

The whole sequence is a function of what is stored and of what the provider has sent so far, so any
process can continue where another one stopped. Orders and shapes follow recorded traffic of
OpenAI's API (openai-dotnet's session records of 2025-10-30).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby, takewhile

from understudy.domain.base import Json
from understudy.domain.ids import order_of
from understudy.domain.run_steps import RunStep
from understudy.domain.runs import Run, RunStatus
from understudy.domain.threads import Thread
from understudy.domain.tools import ToolCall
from understudy.domain.translation import ITEMS_PER_ROUND
from understudy.streaming.cursor import END_STEP, Cursor
from understudy.streaming.deltas import call_deltas, hosted_deltas, message_deltas
from understudy.streaming.moments import asked, asks_client, ended_step, open_step, run_as
from understudy.streaming.rendering import Rendering
from understudy.streaming.sse import StreamEvent

CREATED, IN_PROGRESS, MESSAGE_CREATED, MESSAGE_IN_PROGRESS, DELTAS, MESSAGE_ENDED, STEP_ENDED = (
    range(7)
)
"""Phases of a step."""

ACTION, CALLS_ENDED, QUEUED_AGAIN, IN_PROGRESS_AGAIN = range(7, 11)
"""Phases of the end of a round with function calls. A stream ends after `ACTION`."""

CANCELLING, OPEN_STEPS, ENDED = range(3)
"""Phases of the end of a run."""

Event = tuple[str, Callable[[], Json], Cursor]


@dataclass(frozen=True)
class RunView:
    """A run at one moment. `steps` are those that are stored, in order; `live` those that the
    provider is writing now, which are not stored yet. `calls` are all function calls of the run.
    `created_thread` is the thread, if it was created in the same request as the run.
    """

    run: Run
    steps: Sequence[RunStep] = ()
    live: Sequence[RunStep] = ()
    calls: Sequence[ToolCall] = ()
    created_thread: Thread | None = None

    def steps_for(self, after: Cursor) -> list[RunStep]:
        """Returns the steps that a client at this position may see, in the model's order.

        These are the stored ones whose messages exist, those that the provider is writing, and
        those that the client has seen begin. Steps behind one whose message may still be written
        wait for it.
        """
        stored, live = {step.id for step in self.steps}, {step.id for step in self.live}
        new = [step for step in self.live if step.id not in stored]
        known = sorted([*self.steps, *new], key=lambda step: order_of(step.id))

        def is_shown(step: RunStep) -> bool:
            return step.id in live or _place(step) <= after.step or step.is_shown(self.run)

        return list((filter if self.run.status.is_final else takewhile)(is_shown, known))


def events_after(view: RunView, after: Cursor, shown: Rendering) -> Iterator[StreamEvent]:
    """Yields the events that follow a position, as far as they can be known yet."""
    for name, data, at in _Sequence(view, after, shown).all():
        if at > after:
            yield StreamEvent(name, data(), at)


def end_of_round(number: int) -> Cursor:
    """Returns the position of `thread.run.requires_action` of a round."""
    return Cursor((number + 1) * ITEMS_PER_ROUND, ACTION)


class _Sequence:
    """All events of a view. The deltas are those after a position."""

    def __init__(self, view: RunView, after: Cursor, shown: Rendering) -> None:
        self._view, self._run = view, view.run
        self._after, self._shown = after, shown
        self._steps = view.steps_for(after)

    def all(self) -> Iterator[Event]:
        run, thread = self._run, self._view.created_thread
        if thread is not None:
            yield "thread.created", partial(self._shown.thread, thread), Cursor(0, 0, 1)
        first = partial(self._shown_run, RunStatus.QUEUED, is_first=True)
        yield "thread.run.created", first, Cursor(0, 1)
        yield "thread.run.queued", first, Cursor(0, 2)
        if run.status is not RunStatus.QUEUED or self._steps:
            yield self._run_event(RunStatus.IN_PROGRESS, Cursor(0, 3))
        for number, steps in groupby(self._steps, key=_round_of):
            of_round = list(steps)
            for step in of_round:
                yield from self._step(step)
            yield from self._end_of_round(number, of_round)
        yield from self._end_of_run()

    def _step(self, step: RunStep) -> Iterator[Event]:
        place, begun = _place(step), partial(self._shown.step, self._run, open_step(step), ())
        yield "thread.run.step.created", begun, Cursor(place, CREATED)
        yield "thread.run.step.in_progress", begun, Cursor(place, IN_PROGRESS)
        start = Cursor(place, DELTAS)
        if step.message is not None:
            message = partial(self._shown.message, self._run, step, "in_progress")
            yield "thread.message.created", message, Cursor(place, MESSAGE_CREATED)
            yield "thread.message.in_progress", message, Cursor(place, MESSAGE_IN_PROGRESS)
            for delta, at in message_deltas(step, start, self._after):
                yield _delta("thread.message", step.message_id or "", delta, at)
        calls = self._calls_of(step)
        deltas = (
            *hosted_deltas(step, start, self._after),
            *call_deltas(calls, start, self._after),
        )
        for delta, at in deltas:
            details = {"step_details": {"type": "tool_calls", "tool_calls": [delta]}}
            yield _delta("thread.run.step", step.id, details, at)
        is_last = step is self._steps[-1]
        if not calls and (step.status != "in_progress" or not is_last):
            ended = ended_step(step, self._run, is_last=is_last)
            yield from self._ended(ended, Cursor(place, MESSAGE_ENDED), Cursor(place, STEP_ENDED))

    def _ended(self, step: RunStep, message_at: Cursor, at: Cursor) -> Iterator[Event]:
        """Yields the end of a step that has a final status, and of its message."""
        if step.message is not None:
            status = "incomplete" if step.message.incomplete_reason else "completed"
            message = partial(self._shown.message, self._run, step, status)
            yield f"thread.message.{status}", message, message_at
        shown = partial(self._shown.step, self._run, step, self._view.calls)
        yield f"thread.run.step.{step.status}", shown, at

    def _end_of_round(self, number: int, steps: Sequence[RunStep]) -> Iterator[Event]:
        """Yields what follows function calls: the client's turn, and the end of their step."""
        found = [(step, self._calls_of(step)) for step in steps]
        step, calls = next(((step, calls) for step, calls in found if calls), (None, []))
        if step is None:
            return
        run, at = self._run, end_of_round(number)
        waits = run.status is RunStatus.REQUIRES_ACTION and run.round == number
        asks, is_over = any(map(asks_client, calls)), step.status != "in_progress"
        if asks and (waits or is_over or run.status.is_final):
            yield self._run_event(RunStatus.REQUIRES_ACTION, at, asked(calls))
        if waits or not is_over:
            return
        yield from self._ended(step, at, Cursor(at.step, CALLS_ENDED))
        if not asks or step.status != "completed":
            return
        yield self._run_event(RunStatus.QUEUED, Cursor(at.step, QUEUED_AGAIN))
        if run.round > number or _round_of(self._steps[-1]) > number:
            yield self._run_event(RunStatus.IN_PROGRESS, Cursor(at.step, IN_PROGRESS_AGAIN))

    def _end_of_run(self) -> Iterator[Event]:
        """Yields the run's end, after the ends of the steps that were open until then."""
        run = self._run
        if run.status in (RunStatus.CANCELLING, RunStatus.CANCELLED):
            yield self._run_event(RunStatus.CANCELLING, Cursor(END_STEP, CANCELLING))
        if not run.status.is_final:
            return
        for step in self._steps:
            if step.status == "in_progress" and (self._calls_of(step) or step is self._steps[-1]):
                at = Cursor(END_STEP, OPEN_STEPS, _place(step))
                ended = ended_step(step, run, is_last=True)
                yield from self._ended(ended, at, replace(at, kind=1))
        yield self._run_event(run.status, Cursor(END_STEP, ENDED))

    def _run_event(self, status: RunStatus, at: Cursor, calls: Sequence[ToolCall] = ()) -> Event:
        return f"thread.run.{status}", partial(self._shown_run, status, calls), at

    def _shown_run(
        self, status: RunStatus, calls: Sequence[ToolCall] = (), *, is_first: bool = False
    ) -> Json:
        return self._shown.run(run_as(self._run, status, is_first=is_first), calls)

    def _calls_of(self, step: RunStep) -> list[ToolCall]:
        if not step.call_ids:
            return []
        return [call for call in self._view.calls if call.step_id == step.id]


def _delta(kind: str, object_id: str, delta: Json, at: Cursor) -> Event:
    body: Json = {"id": object_id, "object": f"{kind}.delta", "delta": delta}
    return f"{kind}.delta", lambda: body, at


def _round_of(step: RunStep) -> int:
    return order_of(step.id) // ITEMS_PER_ROUND


def _place(step: RunStep) -> int:
    return order_of(step.id) + 1
