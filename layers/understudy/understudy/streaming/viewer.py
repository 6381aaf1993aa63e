"""Shows a durable run as a stream: stored state first, then what the provider sends, until it ends.

The viewer keeps nothing: a client that reconnects is served from the table and the provider again.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from understudy.domain.run_steps import RunStep
from understudy.domain.runs import Run, RunStatus
from understudy.domain.threads import Thread
from understudy.domain.tools import ToolCall
from understudy.errors import StorageUnavailableError
from understudy.observability import log_unforeseen, logger
from understudy.streaming.cursor import Cursor
from understudy.streaming.events import RunView, end_of_round, events_after
from understudy.streaming.live_rounds import Live, LiveRounds
from understudy.streaming.rendering import Rendering
from understudy.streaming.sse import DONE, KEEP_ALIVE, StreamEvent, error_frame

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.run_steps import RunSteps
    from understudy.adapters.dynamodb.runs import Runs
    from understudy.adapters.dynamodb.tool_calls import ToolCalls

FIRST_CHECK_SECONDS = 0.05
LAST_CHECK_SECONDS = 1.0
CHECKS_PER_IDLE = 10
"""The table is read again after a tenth of the time since the last event, within these bounds."""

KEEP_ALIVE_SECONDS = 15
MAX_FAILURES = 5
"""Consecutive reads that may fail while the table is unavailable, before the stream ends."""

FAILED = "The server had an error while processing your request."


@dataclass(frozen=True)
class RunViewer:
    """Streams runs. `now` returns Unix seconds.

    `live_rounds` makes what follows the responses of a run that the model is writing. `wake` wakes
    a run whose response ended `wake_after` seconds ago, if no webhook has done so.
    """

    runs: "Runs"
    run_steps: "RunSteps"
    tool_calls: "ToolCalls"
    live_rounds: Callable[[], LiveRounds]
    wake: Callable[[Run], None]
    wake_after: float
    shown: Rendering
    now: Callable[[], float]

    def frames(
        self, run: Run, after: Cursor, *, until: float, created_thread: Thread | None = None
    ) -> Iterator[bytes]:
        """Yields the run's events after a position as frames, until the stream ends.

        A stream ends with the run, when the run needs its client, or at `until` (Unix seconds)
        without a `done` event: the client may reopen it then. An unexpected error is an event too,
        because the status of the response has been sent.
        """
        watch = _Watch(self, run, after, created_thread)
        try:
            yield from watch.frames(until)
        except Exception as error:  # noqa: BLE001  no detail of an unexpected error may leave the account
            log_unforeseen(error)
            yield error_frame(FAILED)
            yield DONE
        finally:
            watch.close()


class _Watch:
    """One client's stream of one run."""

    def __init__(
        self, viewer: RunViewer, run: Run, after: Cursor, created_thread: Thread | None
    ) -> None:
        self._viewer = viewer
        self._run = run
        self._at = after
        self._created_thread = created_thread
        self._live = viewer.live_rounds()
        self._steps: list[RunStep] = []
        self._calls: list[ToolCall] = []
        self._sent_at = viewer.now()
        self._event_at = viewer.now()
        self._failures = 0
        self._ended: tuple[str | None, float] | None = None
        self._pause = threading.Event()

    def close(self) -> None:
        self._live.close()

    def frames(self, until: float) -> Iterator[bytes]:
        now = self._viewer.now
        while now() < until:
            if not self._read():
                yield error_frame("The thread was deleted.", code="thread_deleted")
                yield DONE
                return
            yield from self._new_frames()
            if self._is_at_end():
                yield DONE
                return
            yield from self._follow_response()
            if now() - self._sent_at > KEEP_ALIVE_SECONDS:
                self._sent_at = now()
                yield KEEP_ALIVE

    def _read(self) -> bool:
        """Reads the run; returns False if it does not exist any more.

        While the table is unavailable the run stays as it was read last.
        """
        run, viewer = self._run, self._viewer
        try:
            stored = viewer.runs.find(run.tenant, run.thread_id, run.id)
            if stored is None:
                return False
            # In the reverse order of the writes: what a status says is stored before the status.
            steps = viewer.run_steps.of_run(run.tenant, run.thread_id, run.id)
            if any(step.call_ids for step in steps):
                self._calls = viewer.tool_calls.of_run(run.tenant, run.id)
        except StorageUnavailableError:
            self._failures += 1
            if self._failures > MAX_FAILURES:
                raise
            return True
        self._failures = 0
        self._run, self._steps = stored, steps
        return True

    def _new_frames(self) -> Iterator[bytes]:
        frames = [event.encode() for event in self._new_events()]
        if frames:
            self._sent_at = self._event_at = self._viewer.now()
        yield from frames

    def _new_events(self) -> Iterable[StreamEvent]:
        live = self._live.read(self._run)
        stored = {call.call_id for call in self._calls}
        calls = [*self._calls, *(call for call in live.calls if call.call_id not in stored)]
        view = RunView(self._run, self._steps, live.steps, calls, self._created_thread)
        events = list(events_after(view, self._at, self._viewer.shown))
        if not events or not self._may_show(live):
            return []
        self._at = events[-1].at
        return events

    def _may_show(self, live: Live) -> bool:
        """Records that a client receives this response, so that the run never replaces it.

        Returns False if the run has replaced it already, or if it could not be recorded.
        """
        run = self._run
        is_shown = run.shown_response_id == run.response_id
        if not live.steps or is_shown or run.status.is_final:
            return True
        try:
            if not self._viewer.runs.mark_shown(run):
                return False
        except StorageUnavailableError:
            logger.warning("shown_response_not_recorded")
            return False
        self._run = run.model_copy(update={"shown_response_id": run.response_id})
        return True

    def _is_at_end(self) -> bool:
        if self._run.status is RunStatus.REQUIRES_ACTION:
            return self._at >= end_of_round(self._run.round)
        return self._run.status.is_final

    def _follow_response(self) -> Iterator[bytes]:
        """Yields deltas as they arrive, for `LAST_CHECK_SECONDS`; without a response it pauses."""
        now = self._viewer.now
        if not self._live.follows(self._run):
            self._wake_when_due()
            idle = now() - self._event_at
            pause = min(LAST_CHECK_SECONDS, max(FIRST_CHECK_SECONDS, idle / CHECKS_PER_IDLE))
            self._pause.wait(pause)
            return
        until = now() + LAST_CHECK_SECONDS
        while not self._live.has_ended and now() < until:
            if self._live.take(until - now()):
                yield from self._new_frames()
        if self._live.has_ended:
            self._ended = self._run.response_id, now()
            self._wake_when_due()

    def _wake_when_due(self) -> None:
        """Wakes a run that still waits for its response; if that fails, its execution polls."""
        if self._ended is None or self._viewer.now() - self._ended[1] < self._viewer.wake_after:
            return
        (response_id, _), self._ended = self._ended, None
        if self._run.status is not RunStatus.IN_PROGRESS or self._run.response_id != response_id:
            return
        try:
            self._viewer.wake(self._run)
        except StorageUnavailableError:
            logger.warning("run_not_woken")
