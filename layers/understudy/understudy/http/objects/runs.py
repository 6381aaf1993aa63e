"""Runs."""

from collections.abc import Sequence
from typing import Literal, NotRequired

from typing_extensions import TypedDict

from understudy.domain.base import Json
from understudy.domain.run_errors import LastError
from understudy.domain.runs import Run, RunStatus
from understudy.domain.tools import ToolCall
from understudy.domain.usage import TokenUsage, run_cost, token_usage
from understudy.http.objects.assistants import (
    ToolResourcesObject,
    format_object,
    tool_object,
)
from understudy.http.objects.threads import IncompleteDetails


class ProviderFailureObject(TypedDict):
    """The response of the model's provider to a request that it refused or failed."""

    status: int | None
    code: str | None
    message: str


class LastErrorObject(TypedDict):
    code: Literal["server_error", "rate_limit_exceeded", "invalid_prompt"]
    message: str
    provider: NotRequired[ProviderFailureObject]


class RequiredFunction(TypedDict):
    name: str
    arguments: str


class RequiredCall(TypedDict):
    """A function call that waits for its output."""

    id: str
    type: Literal["function"]
    function: RequiredFunction


class RequiredOutputs(TypedDict):
    tool_calls: list[RequiredCall]


class RequiredAction(TypedDict):
    type: Literal["submit_tool_outputs"]
    submit_tool_outputs: RequiredOutputs


class TruncationObject(TypedDict):
    type: Literal["auto", "last_messages"]
    last_messages: int | None


class RunObject(TypedDict):
    """`cost_usd` is what the run cost, null where a price is not known.

    `pending_approvals` is there while calls wait to be approved or refused, `budget_exceeded` if
    a budget ended the run. OpenAI's API had none of the three.
    """

    id: str
    object: Literal["thread.run"]
    created_at: int
    assistant_id: str
    thread_id: str
    status: RunStatus
    started_at: int | None
    expires_at: int | None
    cancelled_at: int | None
    failed_at: int | None
    completed_at: int | None
    required_action: RequiredAction | None
    pending_approvals: NotRequired[list[RequiredCall]]
    last_error: LastErrorObject | None
    model: str
    instructions: str | None
    tools: list[Json]
    tool_resources: ToolResourcesObject
    metadata: dict[str, str]
    temperature: float | None
    top_p: float | None
    reasoning_effort: str | None
    max_completion_tokens: int | None
    max_prompt_tokens: int | None
    truncation_strategy: TruncationObject
    incomplete_details: IncompleteDetails | None
    usage: TokenUsage | None
    cost_usd: float | None
    budget_exceeded: NotRequired[bool]
    response_format: Literal["auto"] | Json | None
    tool_choice: str | Json
    parallel_tool_calls: bool


def run_object(run: Run, calls: Sequence[ToolCall] = ()) -> RunObject:
    """Returns the run as the API shows it; `calls` are the open calls of its current round."""
    config, ended, strategy = run.config, run.ended_at, run.config.truncation_strategy
    reason, choice = run.incomplete_reason, run.config.tool_choice
    shown: RunObject = {
        "id": run.id,
        "object": "thread.run",
        "created_at": run.created_at,
        "assistant_id": run.assistant_id,
        "thread_id": run.thread_id,
        "status": run.status,
        "started_at": run.started_at,
        "expires_at": None if run.status.is_final or run.waiting else run.deadline,
        "cancelled_at": ended if run.status is RunStatus.CANCELLED else None,
        "failed_at": ended if run.status is RunStatus.FAILED else None,
        "completed_at": ended if run.status is RunStatus.COMPLETED else None,
        "required_action": _required_action(run, calls),
        "last_error": last_error_object(run.last_error),
        "model": config.model,
        "instructions": config.instructions or None,
        "tools": [tool_object(tool) for tool in config.tools],
        "tool_resources": {},  # OpenAI showed those of assistants and threads only
        "metadata": run.metadata,
        "temperature": config.temperature,
        "top_p": config.top_p,
        "reasoning_effort": config.reasoning_effort,
        "max_completion_tokens": config.max_completion_tokens,
        "max_prompt_tokens": config.max_prompt_tokens,
        "truncation_strategy": {
            "type": strategy.type,
            "last_messages": strategy.last_messages,
        },
        "incomplete_details": {"reason": reason} if reason else None,
        "usage": token_usage(run.usage) if run.status.is_final else None,
        "cost_usd": run_cost(run.usage) if run.status.is_final else None,
        "response_format": format_object(config.response_format),
        "tool_choice": choice if isinstance(choice, str) else choice.model_dump(exclude_none=True),
        "parallel_tool_calls": config.parallel_tool_calls,
    }
    if pending := [required_call(call) for call in calls if call.waits_for_approval]:
        shown["pending_approvals"] = pending
    if run.budget and run.budget.exceeded:
        shown["budget_exceeded"] = True
    return shown


def last_error_object(error: LastError | None) -> LastErrorObject | None:
    """Returns the error of a run or step that failed."""
    if error is None:
        return None
    shown: LastErrorObject = {"code": error.code, "message": error.message}
    if error.provider is not None:
        shown["provider"] = {
            "status": error.provider.status,
            "code": error.provider.code,
            "message": error.provider.message,
        }
    return shown


def _required_action(run: Run, calls: Sequence[ToolCall]) -> RequiredAction | None:
    """Returns the calls that wait for the client; clients do not know calls that need approval."""
    if run.status is not RunStatus.REQUIRES_ACTION:
        return None
    waiting = [required_call(call) for call in calls if call.waits_for_client]
    return {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": waiting}}


def required_call(call: ToolCall) -> RequiredCall:
    """Returns a call that waits for its output or an approval."""
    function: RequiredFunction = {"name": call.name, "arguments": call.arguments}
    return {"id": call.call_id, "type": "function", "function": function}
