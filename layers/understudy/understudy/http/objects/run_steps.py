"""Run steps."""

from collections.abc import Sequence
from typing import Literal

from typing_extensions import TypedDict

from understudy.domain.base import Json
from understudy.domain.run_steps import RunStep, StepStatus, hosted_call_id
from understudy.domain.tools import ToolCall
from understudy.domain.usage import TokenUsage, token_usage
from understudy.http.objects.runs import LastErrorObject, last_error_object


class CreatedMessage(TypedDict):
    message_id: str


class MessageCreation(TypedDict):
    type: Literal["message_creation"]
    message_creation: CreatedMessage


class ToolCalls(TypedDict):
    """Each call has its `id`, its `type`, and details in the member that `type` names."""

    type: Literal["tool_calls"]
    tool_calls: list[Json]


class RunStepObject(TypedDict):
    """A step of a run."""

    id: str
    object: Literal["thread.run.step"]
    created_at: int
    run_id: str
    assistant_id: str
    thread_id: str
    type: Literal["message_creation", "tool_calls"]
    status: StepStatus
    cancelled_at: int | None
    completed_at: int | None
    expired_at: int | None
    expires_at: int | None
    failed_at: int | None
    last_error: LastErrorObject | None
    step_details: MessageCreation | ToolCalls
    metadata: dict[str, str]
    usage: TokenUsage | None


def run_step_object(step: RunStep, calls: Sequence[ToolCall]) -> RunStepObject:
    """Returns the step as the API shows it; `calls` are the function calls of its run."""
    ended = step.ended_at
    used = [step.usage] if step.usage else []
    return {
        "id": step.id,
        "object": "thread.run.step",
        "created_at": step.created_at,
        "run_id": step.run_id,
        "assistant_id": step.assistant_id,
        "thread_id": step.thread_id,
        "type": step.type,
        "status": step.status,
        "cancelled_at": ended if step.status == "cancelled" else None,
        "completed_at": ended if step.status == "completed" else None,
        "expired_at": ended if step.status == "expired" else None,
        "expires_at": None,
        "failed_at": ended if step.status == "failed" else None,
        "last_error": last_error_object(step.last_error),
        "step_details": _details(step, calls),
        "metadata": {},
        "usage": None if step.status == "in_progress" else token_usage(used),
    }


def _details(step: RunStep, calls: Sequence[ToolCall]) -> MessageCreation | ToolCalls:
    if step.type == "message_creation":
        created: CreatedMessage = {"message_id": step.message_id or ""}
        return {"type": "message_creation", "message_creation": created}
    known = {call.call_id: call for call in calls}
    functions = [known[call_id] for call_id in step.call_ids if call_id in known]
    return {
        "type": "tool_calls",
        "tool_calls": [
            *(_hosted_call(call) for call in step.hosted_calls),
            *(_function_call(call) for call in functions),
        ],
    }


def _hosted_call(call: Json) -> Json:
    """Returns a call of code interpreter or file search."""
    return call | {"id": hosted_call_id(str(call["id"]))}


def _function_call(call: ToolCall) -> Json:
    function = {"name": call.name, "arguments": call.arguments, "output": call.output}
    return {"id": call.call_id, "type": "function", "function": function}
