"""Runs and steps for the tests of streams, and a rendering that shows just ids and statuses."""

from collections.abc import Sequence
from typing import Any

from understudy.domain.base import Json
from understudy.domain.ids import derived_id
from understudy.domain.run_steps import ModelMessage, RunStep
from understudy.domain.runs import Run, RunConfig, RunStatus
from understudy.domain.threads import Thread
from understudy.domain.tools import CallStatus, RunsOn, ToolCall
from understudy.streaming.cursor import START, Cursor
from understudy.streaming.events import RunView, events_after


class PlainRendering:
    """Shows ids and statuses only."""

    def thread(self, thread: Thread) -> Json:
        return {"id": thread.id}

    def run(self, run: Run, calls: Sequence[ToolCall] = ()) -> Json:
        waiting = [call.call_id for call in calls if call.waits_for_client]
        return {"id": run.id, "status": str(run.status), "calls": waiting}

    def step(self, run: Run, step: RunStep, calls: Sequence[ToolCall]) -> Json:
        return {"id": step.id, "status": step.status, "calls": len(step.call_ids)}

    def message(self, run: Run, step: RunStep, status: str) -> Json:
        message = step.as_message(run, 0)
        content = [] if status == "in_progress" else message.content
        reason = message.incomplete_reason
        return {"id": message.id, "status": status, "content": content, "reason": reason}


def a_run(status: RunStatus = RunStatus.IN_PROGRESS, **fields: Any) -> Run:
    return Run(
        id="run_1", tenant="acme", thread_id="thread_1", assistant_id="asst_1", status=status,
        created_at=1000, deadline=1600, config=RunConfig(model="m", instructions=""), **fields,
    )  # fmt: skip


def step_id(number: int) -> str:
    """Returns the id of the step with this place in its run; a round has 1000 places."""
    return derived_id("step", str(number), order=number - 1)


def a_step(number: int, kind: Any, **fields: Any) -> RunStep:
    return RunStep(
        id=step_id(number), tenant="acme", thread_id="thread_1", run_id="run_1",
        assistant_id="asst_1", type=kind, created_at=1000, **fields,
    )  # fmt: skip


def text_step(number: int, text: str, *annotations: Json, **fields: Any) -> RunStep:
    content = [{"type": "text", "text": {"value": text, "annotations": list(annotations)}}]
    message = ModelMessage(content=content)
    return a_step(number, "message_creation", message_id=f"msg_{number}", message=message, **fields)


ROUND = 1000
"""Places of a round: step 1001 is the first one of the second round."""


def a_call(step: int, number: int = 0, **fields: Any) -> ToolCall:
    known: dict[str, Any] = {
        "call_id": f"call_{step}_{number}", "tenant": "acme", "thread_id": "thread_1",
        "run_id": "run_1", "step_id": step_id(step), "round": 0, "position": number,
        "name": "get_weather", "arguments": '{"city":"Paris"}', "runs_on": RunsOn.CLIENT,
        "status": CallStatus.PENDING, "deadline": 1600,
    }  # fmt: skip
    return ToolCall(**(known | fields))


def names(view: RunView, after: Cursor = START) -> list[str]:
    """Returns the names of the events after a position, without their common prefix."""
    found = events_after(view, after, PlainRendering())
    return [event.name.removeprefix("thread.") for event in found]


MARKER = "【1:0†source】"
A_SEARCH: Json = {
    "id": "fs_1",
    "type": "file_search",
    "file_search": {"ranking_options": {"ranker": "default"}, "results": [{"file_id": "file-1"}]},
}


def a_citation(start: int) -> Json:
    """Returns the annotation of a marker that begins at `start`."""
    return {
        "type": "file_citation",
        "text": MARKER,
        "start_index": start,
        "end_index": start + len(MARKER),
        "file_citation": {"file_id": "file-1"},
    }
