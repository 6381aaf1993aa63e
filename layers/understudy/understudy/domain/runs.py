"""Runs: their nine statuses, their settings and their stored state."""

from enum import StrEnum
from typing import Annotated, Any, Literal, assert_never

from pydantic import Discriminator, Field, Tag, model_validator

from understudy.domain.assistants import ResponseFormat
from understudy.domain.base import Body, Record
from understudy.domain.budgets import RunBudget
from understudy.domain.receivers import Receiver
from understudy.domain.run_errors import LastError, ProviderFailure
from understudy.domain.run_queue import MultitaskStrategy, Waiting
from understudy.domain.tools import Tool, ToolResources
from understudy.domain.usage import RoundUsage


class RunStatus(StrEnum):
    """The nine statuses of OpenAI's Assistants API."""

    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    REQUIRES_ACTION = "requires_action"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    FAILED = "failed"
    COMPLETED = "completed"
    INCOMPLETE = "incomplete"
    EXPIRED = "expired"

    @property
    def is_final(self) -> bool:
        """Whether the run has ended: its status never changes again, and its thread is free."""
        match self:
            case (
                RunStatus.CANCELLED
                | RunStatus.FAILED
                | RunStatus.COMPLETED
                | RunStatus.INCOMPLETE
                | RunStatus.EXPIRED
            ):
                return True
            case (
                RunStatus.QUEUED
                | RunStatus.IN_PROGRESS
                | RunStatus.REQUIRES_ACTION
                | RunStatus.CANCELLING
            ):
                return False
        assert_never(self)


OPEN_STATUSES = tuple(status for status in RunStatus if not status.is_final)
CANCELLABLE = (RunStatus.QUEUED, RunStatus.IN_PROGRESS, RunStatus.REQUIRES_ACTION)


class TruncationStrategy(Body):
    """How much of the thread is sent to the model."""

    type: Literal["auto", "last_messages"] = "auto"
    last_messages: int | None = Field(default=None, ge=1, le=100_000)

    @model_validator(mode="after")
    def _number_is_given(self) -> "TruncationStrategy":
        if self.type == "last_messages" and self.last_messages is None:
            raise ValueError("'last_messages' is needed for the type 'last_messages'")
        return self


class FunctionName(Body):
    name: str = Field(max_length=64)


class FunctionChoice(Body):
    """A function that must be called."""

    type: Literal["function"]
    function: FunctionName


class ToolTypeChoice(Body):
    """A tool type that must be called; the provider has more types than OpenAI's API had."""

    type: str = Field(
        min_length=1, max_length=64, json_schema_extra={"not": {"enum": ["function"]}}
    )


def _choice(value: Any) -> str:
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    return "function" if kind == "function" else "other"


NamedToolChoice = Annotated[
    Annotated[FunctionChoice, Tag("function")] | Annotated[ToolTypeChoice, Tag("other")],
    Discriminator(_choice),
]
ToolChoice = Literal["none", "auto", "required"] | NamedToolChoice


class RunConfig(Record):
    """The settings of a run, which are fixed when it is created."""

    model: str
    instructions: str
    tools: list[Tool] = Field(default_factory=list)
    tool_resources: ToolResources | None = None
    temperature: float | None = None
    top_p: float | None = None
    reasoning_effort: str | None = None
    max_prompt_tokens: int | None = None
    max_completion_tokens: int | None = None
    truncation_strategy: TruncationStrategy = TruncationStrategy()
    tool_choice: ToolChoice = "auto"
    parallel_tool_calls: bool = True
    response_format: ResponseFormat | None = "auto"
    server_tools: list[str] = Field(default_factory=list)
    """The server-side tools of this run, as the caller's key allows them."""
    approval_tools: list[str] = Field(default_factory=list)
    """The server-side tools whose calls wait for an approval."""


class Run(Record):
    """A run of one tenant. Times are Unix seconds.

    `deadline` is the run's `expires_at`, which the API shows only while the run is open. `round`
    counts the requests to the model: 0 sends the messages, each later one sends the outputs of the
    tool calls of the round before. `usage` has an entry for each finished response, `attempts`
    counts the provider's rate limits, `calls` the tool calls of earlier rounds.
    `previous_response_id` is the response that the present one continues, and `tried_again` is set
    once a failed response has been requested a second time. `asked_ms` is when the present response
    was requested, in Unix milliseconds. `api_key` is the beginning of the hash of the key that
    created the run. The run's messages come after
    `message_base` in the thread's order. `degraded` is set if a message came from chat completions.
    `failure` is how the provider failed last. `receiver` is the application webhook, which the API
    never shows. `has_drops` is set if dropped files wait for the run's end. The sweep reads an open
    run at `sweep_at`. The responses of a `streamed` run are created so that they can be streamed;
    `shown_response_id` is the newest one of which a client has received something.

    A run in its thread's queue is `waiting`, until it is started at `promoted_at`; its deadline is
    set then. `has_queue` is set if runs wait for the end of this one. `interrupted` is the strategy
    of the run that replaces this one. `added_messages` counts the messages that came with the run:
    the last ones up to `message_base`.
    """

    id: str
    tenant: str
    thread_id: str
    assistant_id: str
    user_id: str | None = None
    api_key: str | None = None
    status: RunStatus
    created_at: int
    deadline: int
    started_at: int | None = None
    ended_at: int | None = None
    config: RunConfig
    metadata: dict[str, str] = Field(default_factory=dict)
    message_base: int = 0
    round: int = 0
    attempts: int = 0
    calls: int = 0
    response_id: str | None = None
    previous_response_id: str | None = None
    tried_again: bool = False
    asked_ms: int | None = None
    usage: list[RoundUsage] = Field(default_factory=list)
    budget: RunBudget | None = None
    receiver: Receiver | None = None
    degraded: bool = False
    failure: ProviderFailure | None = None
    last_error: LastError | None = None
    incomplete_reason: str | None = None
    has_drops: bool = False
    sweep_at: int | None = None
    streamed: bool = False
    shown_response_id: str | None = None
    waiting: Waiting | None = None
    promoted_at: int | None = None
    has_queue: bool = False
    interrupted: MultitaskStrategy | None = None
    added_messages: int = 0

    @property
    def begun_at(self) -> int:
        """When the run was created, or left its thread's queue."""
        return self.promoted_at or self.created_at

    @property
    def wait_id(self) -> str:
        """The id under which the run's execution waits for callbacks: its response's or its own."""
        return self.response_id or self.id


def poll_after_ms(status: RunStatus, age_seconds: float) -> int:
    """Returns how long a client should wait before it polls again.

    The SDKs obey the header `openai-poll-after-ms`. A run that waits for its client should be read
    at once; otherwise the interval grows with the run's age.
    """
    if status.is_final or status is RunStatus.REQUIRES_ACTION:
        return 100
    if status is RunStatus.CANCELLING:
        return 250
    return int(min(5000, max(250, age_seconds * 100)))
