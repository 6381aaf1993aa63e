"""Shows a durable run as a stream: stored state first, then what the provider sends, until it ends.

The viewer keeps nothing: a client that reconnects is served from the table and the provider again.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from understudy.domain.responses import ResponseResult
from understudy.domain.run_steps import RunStep
from understudy.domain.runs import Run, RunStatus
from understudy.domain.tools import ToolCall
from understudy.domain.translation import translate
from understudy.streaming.cursor import Cursor
from understudy.streaming.events import ACTION, RunView, events_after
from understudy.streaming.reader import Events, ResponseReader
from understudy.streaming.rendering import Rendering
from understudy.streaming.sse import DONE, StreamEvent, error_frame

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.run_steps import RunSteps
    from understudy.adapters.dynamodb.runs import Runs
    from understudy.adapters.dynamodb.tool_calls import ToolCalls

FIRST_CHECK_SECONDS = 0.1
LAST_CHECK_SECONDS = 1.0
"""The table is read this often; the pause doubles while nothing changes."""

KEEP_ALIVE_SECONDS = 15
KEEP_ALIVE = b": waiting\n"
"""A comment line that belongs to the frame of the next event, whatever that is."""


@dataclass(frozen=True)
class RunViewer:
    """Streams runs. `wake` wakes a run whose response has ended; `now` returns Unix seconds."""

    runs: "Runs"
    run_steps: "RunSteps"
    tool_calls: "ToolCalls"
    response_events: Events
    wake: Callable[[Run], None]
    shown: Rendering
    now: Callable[[], float]

    def frames(self, run: Run, after: Cursor, *, until: float) -> Iterator[bytes]:
        """Yields the run's events after a position as frames, until the stream ends.

        A stream ends with the run, when the run needs its client, or at `until` (Unix seconds)
        without a `done` event: the client may reopen it then.
        """
        watch = _Watch(self, run, after)
        try:
            yield from watch.frames(until)
        finally:
            watch.close()


class _Watch:
    """One client's stream of one run."""

    def __init__(self, viewer: RunViewer, run: Run, after: Cursor) -> None:
        self._viewer = viewer
        self._run = run
        self._at = after
        self._reader: ResponseReader | None = None
        self._steps: list[RunStep] = []
        self._calls: list[ToolCall] = []
        self._sent_at = viewer.now()
        self._pause = threading.Event()

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()

    def frames(self, until: float) -> Iterator[bytes]:
        pause = FIRST_CHECK_SECONDS
        while self._viewer.now() < until:
            known = self._run
            stored = self._viewer.runs.get(known.tenant, known.thread_id, known.id)
            if stored is None:
                yield error_frame("The thread was deleted.", code="thread_deleted")
                yield DONE
                return
            self._read(stored)
            sent = [event.encode() for event in self._new_events()]
            yield from self._counted(sent)
            if self._is_at_end():
                yield DONE
                return
            pause = FIRST_CHECK_SECONDS if sent else min(2 * pause, LAST_CHECK_SECONDS)
            yield from self._follow_response(pause)
            if self._viewer.now() - self._sent_at > KEEP_ALIVE_SECONDS:
                yield from self._counted([KEEP_ALIVE])

    def _counted(self, frames: list[bytes]) -> Iterator[bytes]:
        if frames:
            self._sent_at = self._viewer.now()
        yield from frames

    def _read(self, run: Run) -> None:
        self._run = run
        self._steps = self._viewer.run_steps.of_run(run.tenant, run.thread_id, run.id)
        if any(step.call_ids for step in self._steps):
            self._calls = self._viewer.tool_calls.of_run(run.tenant, run.id)

    def _new_events(self) -> Iterator[StreamEvent]:
        view = RunView(self._run, self._steps, self._live_steps(), self._calls)
        for event in events_after(view, self._at, self._viewer.shown):
            self._at = event.at
            yield event

    def _live_steps(self) -> list[RunStep]:
        reader = self._reader
        if reader is None or reader.response_id != self._run.response_id:
            return []
        partial = ResponseResult(
            id=reader.response_id, status="in_progress", model="", output=reader.live.output
        )
        return translate(self._run, partial, now=int(self._viewer.now())).steps

    def _is_at_end(self) -> bool:
        if self._run.status is RunStatus.REQUIRES_ACTION:
            return self._at.phase == ACTION
        return self._run.status.is_final

    def _follow_response(self, pause: float) -> Iterator[bytes]:
        """Yields deltas as they arrive, for `LAST_CHECK_SECONDS`; without a response it pauses."""
        reader = self._reader_of_response()
        if reader is None or reader.has_ended:
            self._pause.wait(pause)
            return
        until = self._viewer.now() + LAST_CHECK_SECONDS
        while not reader.has_ended and self._viewer.now() < until:
            if reader.take(until - self._viewer.now()):
                yield from self._counted([event.encode() for event in self._new_events()])
        if reader.has_ended:
            self._viewer.wake(self._run)

    def _reader_of_response(self) -> ResponseReader | None:
        run = self._run
        if run.status is not RunStatus.IN_PROGRESS or run.response_id is None:
            return None
        if self._reader is None or self._reader.response_id != run.response_id:
            self.close()
            self._reader = ResponseReader(run.response_id, self._viewer.response_events)
        return self._reader
