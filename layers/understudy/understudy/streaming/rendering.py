"""The objects inside a stream's events, as the API shows them at that moment of the run."""

from collections.abc import Sequence
from typing import Protocol

from understudy.domain.base import Json
from understudy.domain.run_steps import RunStep
from understudy.domain.runs import Run, RunStatus
from understudy.domain.tools import ToolCall


class Rendering(Protocol):
    """Turns records into the objects of the API. `http` implements it; tests have a plain one."""

    def run(self, run: Run, status: RunStatus, calls: Sequence[ToolCall] = ()) -> Json: ...

    def step(self, run: Run, step: RunStep, calls: Sequence[ToolCall]) -> Json: ...

    def message(self, run: Run, step: RunStep, status: str) -> Json: ...
