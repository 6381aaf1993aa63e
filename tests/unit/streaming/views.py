"""Runs and steps for the tests of streams, and a rendering that shows just ids and statuses."""

from collections.abc import Sequence
from typing import Any

from understudy.domain.base import Json
from understudy.domain.run_steps import ModelMessage, RunStep
from understudy.domain.runs import Run, RunConfig, RunStatus
from understudy.domain.tools import CallStatus, RunsOn, ToolCall
from understudy.streaming.cursor import START, Cursor
from understudy.streaming.events import RunView, events_after


class PlainRendering:
    """Shows ids and statuses only."""

    def run(self, run: Run, status: RunStatus, calls: Sequence[ToolCall] = ()) -> Json:
        return {"id": run.id, "status": str(status), "calls": [call.call_id for call in calls]}

    def step(self, run: Run, step: RunStep, calls: Sequence[ToolCall]) -> Json:
        return {"id": step.id, "status": step.status, "calls": len(step.call_ids)}

    def message(self, run: Run, step: RunStep, status: str) -> Json:
        content = [] if status == "in_progress" or step.message is None else step.message.content
        return {"id": step.message_id, "status": status, "content": content}


def a_run(status: RunStatus = RunStatus.IN_PROGRESS, **fields: Any) -> Run:
    return Run(
        id="run_1", tenant="acme", thread_id="thread_1", assistant_id="asst_1", status=status,
        created_at=1000, deadline=1600, config=RunConfig(model="m", instructions=""), **fields,
    )  # fmt: skip


def a_step(number: int, kind: Any, **fields: Any) -> RunStep:
    return RunStep(
        id=f"step_{number}", tenant="acme", thread_id="thread_1", run_id="run_1",
        assistant_id="asst_1", type=kind, created_at=1000, **fields,
    )  # fmt: skip


def text_step(number: int, text: str, *annotations: Json, **fields: Any) -> RunStep:
    content = [{"type": "text", "text": {"value": text, "annotations": list(annotations)}}]
    message = ModelMessage(content=content)
    return a_step(number, "message_creation", message_id=f"msg_{number}", message=message, **fields)


def a_call(step: int, number: int = 0, **fields: Any) -> ToolCall:
    known: dict[str, Any] = {
        "call_id": f"call_{step}_{number}", "tenant": "acme", "thread_id": "thread_1",
        "run_id": "run_1", "step_id": f"step_{step}", "round": 0, "position": number,
        "name": "get_weather", "arguments": '{"city":"Paris"}', "runs_on": RunsOn.CLIENT,
        "status": CallStatus.PENDING, "deadline": 1600,
    }  # fmt: skip
    return ToolCall(**(known | fields))


def names(view: RunView, after: Cursor = START) -> list[str]:
    """Returns the names of the events after a position, without their common prefix."""
    found = events_after(view, after, PlainRendering())
    return [event.name.removeprefix("thread.") for event in found]
