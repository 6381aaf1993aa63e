"""What answers look like. These models are for the document; the domain makes the objects.

Every key is always there, `null` where it has no value, except those with a default.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from understudy.domain.runs import RunStatus


class Shown(BaseModel):
    """An object in an answer. More keys may come with a newer release."""

    model_config = ConfigDict(extra="allow")


class Deleted(Shown):
    id: str
    object: Literal["assistant.deleted", "thread.deleted", "thread.message.deleted"]
    deleted: Literal[True]


class Assistant(Shown):
    id: str
    object: Literal["assistant"]
    created_at: int
    name: str | None
    description: str | None
    model: str
    instructions: str | None
    tools: list[dict[str, Any]] = Field(max_length=128)
    tool_resources: dict[str, Any]
    metadata: dict[str, str]
    temperature: float | None
    top_p: float | None
    reasoning_effort: str | None
    response_format: Literal["auto"] | dict[str, Any] | None


class Thread(Shown):
    """`user_id` and the three after it are ours, on threads that belong to a user."""

    id: str
    object: Literal["thread"]
    created_at: int
    metadata: dict[str, str]
    tool_resources: dict[str, Any]
    user_id: str = ""
    purpose: str = ""
    last_activity: int = 0
    expires_at: int = 0


class TextValue(Shown):
    value: str
    annotations: list[dict[str, Any]]


class TextContent(Shown):
    type: Literal["text"]
    text: TextValue


class OtherContent(Shown):
    type: Literal["image_file", "image_url", "refusal"]


class IncompleteDetails(Shown):
    reason: str


class AttachedFile(Shown):
    file_id: str
    tools: list[dict[str, str]]


class Message(Shown):
    id: str
    object: Literal["thread.message"]
    created_at: int
    thread_id: str
    status: Literal["in_progress", "incomplete", "completed"]
    incomplete_details: IncompleteDetails | None
    completed_at: int | None
    incomplete_at: int | None
    role: Literal["user", "assistant"]
    content: list[TextContent | OtherContent]
    assistant_id: str | None
    run_id: str | None
    attachments: list[AttachedFile]
    metadata: dict[str, str]


class LastError(Shown):
    code: Literal["server_error", "rate_limit_exceeded", "invalid_prompt"]
    message: str


class Usage(Shown):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class NeededFunction(Shown):
    name: str
    arguments: str


class NeededCall(Shown):
    id: str
    type: Literal["function"]
    function: NeededFunction


class NeededOutputs(Shown):
    tool_calls: list[NeededCall]


class RequiredAction(Shown):
    type: Literal["submit_tool_outputs"]
    submit_tool_outputs: NeededOutputs


class Truncation(Shown):
    type: Literal["auto", "last_messages"]
    last_messages: int | None


class Run(Shown):
    """`cost_usd` is ours: what the run cost, null where a price is not known.

    So is `pending_approvals`, which is there while calls wait for somebody to decide about them.
    """

    id: str
    object: Literal["thread.run"]
    created_at: int
    thread_id: str
    assistant_id: str
    status: RunStatus
    required_action: RequiredAction | None
    last_error: LastError | None
    expires_at: int | None
    started_at: int | None
    cancelled_at: int | None
    failed_at: int | None
    completed_at: int | None
    incomplete_details: IncompleteDetails | None
    model: str
    instructions: str
    tools: list[dict[str, Any]]
    tool_resources: dict[str, Any]
    metadata: dict[str, str]
    usage: Usage | None
    temperature: float | None
    top_p: float | None
    reasoning_effort: str | None
    max_prompt_tokens: int | None
    max_completion_tokens: int | None
    truncation_strategy: Truncation
    tool_choice: str | dict[str, Any]
    parallel_tool_calls: bool
    response_format: Literal["auto"] | dict[str, Any] | None
    cost_usd: float | None
    pending_approvals: list[NeededCall] = []


class RunStep(Shown):
    id: str
    object: Literal["thread.run.step"]
    created_at: int
    assistant_id: str
    thread_id: str
    run_id: str
    type: Literal["message_creation", "tool_calls"]
    status: Literal["in_progress", "cancelled", "failed", "completed", "expired"]
    step_details: dict[str, Any]
    last_error: LastError | None
    expired_at: int | None
    expires_at: int | None
    cancelled_at: int | None
    failed_at: int | None
    completed_at: int | None
    metadata: dict[str, str]
    usage: Usage | None


class ToolDefinition(Shown):
    """A function of this deployment, ready to be one of an assistant's tools."""

    type: Literal["function"]
    function: dict[str, Any]


class ToolList(Shown):
    object: Literal["list"]
    data: list[ToolDefinition]


class Model(Shown):
    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class ModelList(Shown):
    object: Literal["list"]
    data: list[Model]


class List(Shown):
    object: Literal["list"]
    first_id: str | None
    last_id: str | None
    has_more: bool


class AssistantList(List):
    data: list[Assistant]


class ThreadList(List):
    data: list[Thread]


class MessageList(List):
    data: list[Message]


class RunList(List):
    data: list[Run]


class RunStepList(List):
    data: list[RunStep]
