"""The objects inside the events of a stream, which differ slightly from those of other responses.

Recorded streams of OpenAI's API had `tool_resources` in runs and `expires_at` in open steps.
"""

from collections.abc import Sequence

from understudy.domain.base import Json
from understudy.domain.run_steps import RunStep
from understudy.domain.runs import Run
from understudy.domain.threads import Thread
from understudy.domain.tools import ToolCall
from understudy.http.objects.run_steps import run_step_object
from understudy.http.objects.runs import run_object
from understudy.http.objects.threads import message_object, thread_object


class StreamedObjects:
    """Renders the objects of a stream."""

    def thread(self, thread: Thread) -> Json:
        return {**thread_object(thread)}

    def run(self, run: Run, calls: Sequence[ToolCall] = ()) -> Json:
        return {**run_object(run, calls), "tool_resources": {"code_interpreter": {"file_ids": []}}}

    def step(self, run: Run, step: RunStep, calls: Sequence[ToolCall]) -> Json:
        is_open = step.status == "in_progress"
        expires_at = run.deadline if is_open else None
        return {**run_step_object(step, calls), "expires_at": expires_at}

    def message(self, run: Run, step: RunStep, status: str) -> Json:
        """Returns a step's message. One that is in progress has no content yet."""
        message = step.as_message(run, step.created_at)
        shown = message_object(message)
        if status == "in_progress":
            begun: Json = {"content": [], "status": status, "incomplete_details": None}
            return {**shown, **begun, "completed_at": None, "incomplete_at": None}
        ended = step.ended_at or step.created_at
        return {
            **shown,
            "completed_at": ended if status == "completed" else None,
            "incomplete_at": ended if status == "incomplete" else None,
        }
