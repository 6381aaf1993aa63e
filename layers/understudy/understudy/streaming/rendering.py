"""The objects inside a stream's events, as the API shows them at that moment of the run."""

from collections.abc import Sequence
from typing import Protocol

from understudy.domain.base import Json
from understudy.domain.run_steps import RunStep
from understudy.domain.runs import Run
from understudy.domain.threads import Thread
from understudy.domain.tools import ToolCall


class Rendering(Protocol):
    """Turns records into the objects of the API. `http` implements it; tests have a plain one."""

    def thread(self, thread: Thread) -> Json: ...

    def run(self, run: Run, calls: Sequence[ToolCall] = ()) -> Json: ...

    def step(self, run: Run, step: RunStep, calls: Sequence[ToolCall]) -> Json: ...

    def message(self, run: Run, step: RunStep, status: str) -> Json:
        """Returns a step's message. One that is in progress has no content yet."""
        ...
