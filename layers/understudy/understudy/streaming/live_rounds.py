"""The part of a run that the model is writing: the steps and calls of responses as they arrive.

This is where deltas come from. A provider whose deltas come another way needs another `Events`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from understudy.domain.responses import ResponseResult
from understudy.domain.run_steps import RunStep
from understudy.domain.runs import Run, RunStatus
from understudy.domain.tools import ToolCall
from understudy.domain.translation import Round, translate
from understudy.streaming.moments import abandoned_step
from understudy.streaming.reader import Events, ResponseReader

STREAMABLE_SECONDS = 300
"""For so long after its creation OpenAI streams a response."""


@dataclass(frozen=True)
class Live:
    """The steps and calls that are not stored yet, or never will be."""

    steps: Sequence[RunStep] = field(default_factory=tuple)
    calls: Sequence[ToolCall] = field(default_factory=tuple)


class LiveRounds:
    """Follows the responses of one run, one after the other.

    `events` opens the provider's stream. `with_our_ids` replaces the provider's file ids in a
    result of a tenant. `now` returns Unix seconds.
    """

    def __init__(
        self,
        events: Events,
        with_our_ids: Callable[[str, ResponseResult], ResponseResult],
        now: Callable[[], float],
    ) -> None:
        self._events = events
        self._with_our_ids = with_our_ids
        self._now = now
        self._reader: ResponseReader | None = None
        self._run: Run | None = None
        self._read = Round()
        self._is_read = True
        self._abandoned: list[RunStep] = []

    @property
    def has_ended(self) -> bool:
        """Whether nothing more arrives of the response that is followed."""
        return self._reader is None or self._reader.has_ended

    def close(self) -> None:
        """Ends the reader."""
        if self._reader is not None:
            self._reader.close()

    def follows(self, run: Run) -> bool:
        """Follows the run's response if the model is writing it; returns whether more may come."""
        if run.status is not RunStatus.IN_PROGRESS or run.response_id is None or not run.streamed:
            return False
        if self._reader is None or self._reader.response_id != run.response_id:
            self.close()
            started = run.started_at if run.started_at is not None else run.created_at
            if self._now() - started >= STREAMABLE_SECONDS:
                return False
            self._reader = ResponseReader(
                run.response_id,
                self._events,
                is_streamable=lambda: self._now() - started < STREAMABLE_SECONDS,
            )
            self._run, self._read, self._is_read = run, Round(), True
        return not self._reader.has_ended

    def take(self, seconds: float) -> bool:
        """Waits for events; returns whether one changed what is known of the response."""
        if self._reader is None or not self._reader.take(seconds):
            return False
        self._is_read = False
        return True

    def read(self, run: Run) -> Live:
        """Returns what is known of the response that the run's round waits for.

        A run that continues without its response, for example with the fallback, leaves steps
        behind that were begun: they are returned as failed. Stored steps take precedence.
        """
        if self._run is None or self._reader is None:
            return Live(self._abandoned)
        if not self._is_read:
            self._read, self._is_read = self._translated(self._run, self._reader), True
        if run.round > self._run.round:
            self._abandoned += map(abandoned_step, self._read.steps)
            self._run, self._read = None, Round()
        elif run.response_id != self._reader.response_id:  # replaced before anything was shown
            self._run, self._read = None, Round()
        steps = [*self._abandoned, *self._read.steps]
        return Live(steps, self._read.calls)

    def _translated(self, run: Run, reader: ResponseReader) -> Round:
        partial = ResponseResult(
            id=reader.response_id, status="in_progress", model="", output=reader.live.output
        )
        now = run.started_at if run.started_at is not None else run.created_at
        return translate(run, self._with_our_ids(run.tenant, partial), now=now)
