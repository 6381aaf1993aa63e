"""Request bodies that create runs, and the run's settings from body and assistant."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import BeforeValidator, Field

from understudy.domain.assistants import (
    MAX_INSTRUCTIONS,
    Assistant,
    ReasoningEffort,
    ResponseFormat,
    Temperature,
    TopP,
)
from understudy.domain.base import Body, GivenMetadata, Id, empty_object
from understudy.domain.messages import Message, NewMessage
from understudy.domain.run_queue import GivenStrategy
from understudy.domain.runs import FunctionChoice, RunConfig, ToolChoice, TruncationStrategy
from understudy.domain.schemas import check_format, check_tools
from understudy.domain.threads import MAX_OWNER, NewThread, check_owner, is_owner
from understudy.domain.tools import MAX_TOOLS_OF_RUN, Tool, ToolResources, function_names
from understudy.errors import InvalidRequestError

MIN_TOKEN_LIMIT = 256
MAX_TOKEN_LIMIT = 2**31 - 1
MAX_ADDITIONAL_MESSAGES = 32
USER_METADATA = "user_id"
"""The pair of a run's metadata that names its user if its thread belongs to none."""

TokenLimit = Annotated[int, Field(ge=MIN_TOKEN_LIMIT, le=MAX_TOKEN_LIMIT)]


class RunFields(Body):
    """The fields that both kinds of request may set on a run."""

    assistant_id: Id
    model: str | None = Field(default=None, min_length=1, max_length=256)
    instructions: str | None = Field(default=None, max_length=MAX_INSTRUCTIONS)
    tools: list[Tool] | None = Field(fail_fast=True, default=None, max_length=MAX_TOOLS_OF_RUN)
    metadata: GivenMetadata = Field(default_factory=dict)
    user: str | None = Field(default=None, max_length=MAX_OWNER)
    temperature: Temperature | None = None
    top_p: TopP | None = None
    reasoning_effort: ReasoningEffort | None = None
    stream: bool | None = None
    max_prompt_tokens: TokenLimit | None = None
    max_completion_tokens: TokenLimit | None = None
    truncation_strategy: TruncationStrategy | None = None
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    response_format: ResponseFormat | None = None
    multitask_strategy: GivenStrategy | None = Field(
        default=None,
        description="What happens while another run of the thread is open; the key's by default.",
    )


class NewRun(RunFields):
    """The body of a request that creates a run in an existing thread."""

    additional_instructions: str | None = Field(default=None, max_length=MAX_INSTRUCTIONS)
    additional_messages: list[NewMessage] | None = Field(
        fail_fast=True, default=None, max_length=MAX_ADDITIONAL_MESSAGES
    )


class NewThreadAndRun(RunFields):
    """The body of a request that creates a thread and a run in it."""

    thread: Annotated[
        NewThread, BeforeValidator(empty_object, json_schema_input_type=NewThread | None)
    ] = Field(default_factory=NewThread)
    tool_resources: ToolResources | None = None


def settled_config(assistant: Assistant, body: RunFields, server_tools: list[str]) -> RunConfig:
    """Returns the run's settings: the assistant's, unless the body overrides them.

    The run may use those of the caller's `server_tools` that it declares.
    Raises InvalidRequestError for a tool choice that names a tool which the run does not have, and
    for a malformed schema.
    """
    fields = assistant.fields
    given = body.instructions if body.instructions is not None else fields.instructions
    more = body.additional_instructions if isinstance(body, NewRun) else None
    tools = body.tools if body.tools is not None else fields.tools
    check_tool_choice(body.tool_choice, tools)
    check_tools(body.tools)
    check_format(body.response_format)
    declared = function_names(tools)
    return RunConfig(
        model=body.model or fields.model,
        instructions="\n\n".join(part for part in (given, more) if part),
        tools=tools,
        tool_resources=fields.tool_resources,
        temperature=body.temperature if body.temperature is not None else fields.temperature,
        top_p=body.top_p if body.top_p is not None else fields.top_p,
        reasoning_effort=body.reasoning_effort or fields.reasoning_effort,
        max_prompt_tokens=body.max_prompt_tokens,
        max_completion_tokens=body.max_completion_tokens,
        truncation_strategy=body.truncation_strategy or TruncationStrategy(),
        tool_choice=body.tool_choice or "auto",
        parallel_tool_calls=True if body.parallel_tool_calls is None else body.parallel_tool_calls,
        response_format=body.response_format or fields.response_format or "auto",
        server_tools=[name for name in server_tools if name in declared],
    )


def named_user(body: RunFields) -> str | None:
    """Returns the user that the body names, who counts if the thread belongs to no user.

    The field `user` wins over the metadata. Raises InvalidRequestError for an invalid `user`; an
    invalid value in the metadata names no user.
    """
    if body.user is not None:
        return check_owner("user", body.user)
    named = body.metadata.get(USER_METADATA)
    return named if named is not None and is_owner(named) else None


def has_instructions(assistant: Assistant, body: RunFields) -> bool:
    """Returns whether the run has instructions, which are enough to start from."""
    more = body.additional_instructions if isinstance(body, NewRun) else None
    given = body.instructions if body.instructions is not None else assistant.fields.instructions
    return bool(given or more)


def check_user_message(messages: Iterable[Message | NewMessage]) -> None:
    """Raises InvalidRequestError, with OpenAI's text, unless a user wrote one of the messages."""
    if not any(message.role == "user" for message in messages):
        raise InvalidRequestError(
            "Run creation requires a Thread with a user message or an assistant with instructions.",
            code="invalid_thread",
        )


def check_tool_choice(choice: ToolChoice | None, tools: list[Tool]) -> None:
    """Raises InvalidRequestError for a choice of a tool that is not among the tools."""
    if choice is None or isinstance(choice, str):
        return
    if isinstance(choice, FunctionChoice):
        named = choice.function.name
        known, name = named in function_names(tools), f"function '{named}'"
    else:
        known, name = choice.type in {tool.type for tool in tools}, f"'{choice.type}'"
    if not known:
        raise InvalidRequestError(
            f"Tool choice {name} not found in 'tools' parameter.", param="tool_choice"
        )
