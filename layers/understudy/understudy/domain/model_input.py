"""What the model is given: the thread's messages as input items, and the run's settings.

Older messages are really left out where `truncation_strategy` or `max_prompt_tokens` says so; the
Responses API can express neither.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from understudy.domain.assistants import FormatObject
from understudy.domain.base import Json
from understudy.domain.messages import Message
from understudy.domain.models import resolve_model, sampling_options
from understudy.domain.responses import ResponseRequest
from understudy.domain.runs import NamedToolChoice, Run, RunConfig, ToolChoice
from understudy.domain.threads import Thread
from understudy.domain.tools import (
    CodeInterpreterTool,
    FileSearchTool,
    FunctionTool,
    Tool,
    ToolCall,
)

CHARACTERS_PER_TOKEN = 4
MESSAGE_OVERHEAD = 4
IMAGE_TOKENS = 800
MAX_HISTORY_TOKENS = 800_000
"""Above every model's window; what is older is not even read."""

MIN_OUTPUT_TOKENS = 16
"""The provider refuses a smaller `max_output_tokens`."""


def first_request(
    run: Run, thread: Thread, messages: Sequence[Message], aliases: Mapping[str, str]
) -> ResponseRequest:
    """The request that answers the thread's messages; `messages` are oldest first."""
    items = [item for message in messages for item in as_items(message)]
    return _request(run, thread, items, aliases)


def follow_up_request(
    run: Run, thread: Thread, calls: Sequence[ToolCall], aliases: Mapping[str, str]
) -> ResponseRequest:
    """The request that answers the function calls of the response before it."""
    outputs = [
        {"type": "function_call_output", "call_id": call.call_id, "output": call.output or ""}
        for call in calls
    ]
    request = _request(run, thread, outputs, aliases)
    return request.model_copy(update={"previous_response_id": run.response_id})


def newest_within(newest_first: Iterable[Message], config: RunConfig) -> list[Message]:
    """The newest messages that the run's limits leave, oldest first; at least the newest one.

    Takes no more from `newest_first` than it needs, so that a long thread is not read whole.
    """
    strategy = config.truncation_strategy
    count = strategy.last_messages if strategy.type == "last_messages" else None
    room = (config.max_prompt_tokens or MAX_HISTORY_TOKENS) - estimated_tokens(config.instructions)
    kept: list[Message] = []
    for message in islice(newest_first, count):
        room -= message_tokens(message)
        if room < 0 and kept:
            break
        kept.append(message)
    return kept[::-1]


def exceeds_prompt_limit(messages: Sequence[Message], config: RunConfig) -> bool:
    """Whether even the shortest input is above `max_prompt_tokens`: the run ends incomplete."""
    if config.max_prompt_tokens is None or not messages:
        return False
    least = estimated_tokens(config.instructions) + message_tokens(messages[-1])
    return least > config.max_prompt_tokens


def estimated_tokens(text: str) -> int:
    """A guess at the tokens of a text, good to about a quarter for English."""
    return math.ceil(len(text) / CHARACTERS_PER_TOKEN)


def message_tokens(message: Message) -> int:
    """A guess at the tokens of a message with its images."""
    images = sum(part.get("type") in ("image_file", "image_url") for part in message.content)
    return MESSAGE_OVERHEAD + estimated_tokens(message.plain_text()) + images * IMAGE_TOKENS


def as_items(message: Message) -> list[Json]:
    """A message as input items."""
    if message.role == "assistant":
        text = message.plain_text()
        content: list[Json] = [{"type": "output_text", "text": text}] if text else []
    else:
        content = [item for part in message.content for item in _user_part(part)]
    return [{"type": "message", "role": message.role, "content": content}] if content else []


def _user_part(part: Json) -> list[Json]:
    match part:
        case {"type": "text", "text": {"value": value}}:
            return [{"type": "input_text", "text": value}]
        case {"type": "image_file", "image_file": {"file_id": file_id, **rest}}:
            detail = rest.get("detail", "auto")
            return [{"type": "input_image", "file_id": file_id, "detail": detail}]
        case {"type": "image_url", "image_url": {"url": url, **rest}}:
            return [{"type": "input_image", "image_url": url, "detail": rest.get("detail", "auto")}]
        case _:
            return []


def _request(
    run: Run, thread: Thread, items: list[Json], aliases: Mapping[str, str]
) -> ResponseRequest:
    config = run.config
    model = resolve_model(config.model, aliases)
    tools = provider_tools(config, thread)
    options: dict[str, Any] = sampling_options(
        model,
        temperature=config.temperature,
        top_p=config.top_p,
        reasoning_effort=config.reasoning_effort,
    )
    if isinstance(config.response_format, FormatObject):
        options["text"] = {"format": _format(config.response_format)}
    if tools:
        options["tool_choice"] = _tool_choice(config.tool_choice, run.round)
        options["parallel_tool_calls"] = config.parallel_tool_calls
    if config.max_completion_tokens is not None:
        used = sum(turn.output_tokens for turn in run.turns)
        options["max_output_tokens"] = max(MIN_OUTPUT_TOKENS, config.max_completion_tokens - used)
    if config.truncation_strategy.type == "auto":
        options["truncation"] = "auto"
    return ResponseRequest(
        model=model,
        instructions=config.instructions or None,
        input=items,
        tools=tools,
        metadata={"run_id": run.id, "thread_id": run.thread_id},
        options=options,
    )


def provider_tools(config: RunConfig, thread: Thread) -> list[Json]:
    """The run's tools as the provider takes them, with the files that they may use.

    File search without a vector store is left out: the provider refuses it, and the original let
    an assistant carry the tool before anything could be searched.
    """
    tools = []
    for tool in config.tools:
        shown = _provider_tool(tool, config, thread)
        if shown is not None:
            tools.append(shown)
    return tools


def _provider_tool(tool: Tool, config: RunConfig, thread: Thread) -> Json | None:
    resources = [held for held in (config.tool_resources, thread.tool_resources) if held]
    match tool:
        case FunctionTool(function=function):
            parameters = function.parameters or {"type": "object", "properties": {}}
            return {
                "type": "function",
                "name": function.name,
                "description": function.description,
                "parameters": parameters,
                "strict": bool(function.strict),
            }
        case CodeInterpreterTool():
            if thread.container_id:
                return {"type": "code_interpreter", "container": thread.container_id}
            file_ids = list(dict.fromkeys(file for held in resources for file in held.file_ids))
            container: Json = {"type": "auto"}
            if file_ids:
                container["file_ids"] = file_ids
            return {"type": "code_interpreter", "container": container}
        case FileSearchTool(file_search=settings):
            stores = list(
                dict.fromkeys(store for held in resources for store in held.vector_store_ids)
            )
            if not stores:
                return None
            return {"type": "file_search", "vector_store_ids": stores, **_search(settings)}
        case _:
            return tool.model_dump()


def _search(settings: Json | None) -> Json:
    taken = {"max_num_results", "ranking_options"}
    return {key: value for key, value in (settings or {}).items() if key in taken and value}


def _tool_choice(choice: ToolChoice, round_: int) -> Any:
    """A forced call is forced once: with the outputs in hand the model may answer."""
    if round_ > 0 and choice != "none":
        return "auto"
    if isinstance(choice, NamedToolChoice):
        if choice.function is not None:
            return {"type": "function", "name": choice.function.name}
        return {"type": choice.type}
    return choice


def _format(wanted: FormatObject) -> Json:
    if wanted.json_schema is None:
        return {"type": wanted.type}
    schema = wanted.json_schema.model_dump(exclude_none=True, by_alias=True)
    return {"type": wanted.type, **schema}
