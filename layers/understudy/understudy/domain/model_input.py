"""Requests to the model: the thread's messages as input items, and the run's settings."""

from collections.abc import Mapping, Sequence
from typing import Any

from understudy.domain.assistants import PlainFormat, ResponseFormat, SchemaFormat
from understudy.domain.base import Json
from understudy.domain.messages import Message
from understudy.domain.models import resolve_model, sampling_options
from understudy.domain.responses import ResponseRequest
from understudy.domain.runs import FunctionChoice, Run, RunConfig, ToolChoice
from understudy.domain.threads import Thread
from understudy.domain.token_limits import completion_room
from understudy.domain.tools import (
    DEFAULT_RANKER,
    CodeInterpreterTool,
    FileSearchSettings,
    FileSearchTool,
    FunctionTool,
    Tool,
    ToolCall,
)

MIN_OUTPUT_TOKENS = 16
"""The provider's minimum of `max_output_tokens`."""


def first_request(
    run: Run, thread: Thread, messages: Sequence[Message], aliases: Mapping[str, str]
) -> ResponseRequest:
    """Returns the request with the thread's messages, oldest first."""
    items = [item for message in messages for item in as_items(message)]
    request = _request(run, thread, items, aliases)
    if items or request.instructions is None:
        return request
    # Providers reject an empty input, so the instructions are the first message.
    text = {"type": "input_text", "text": request.instructions}
    first = {"type": "message", "role": "developer", "content": [text]}
    return request.model_copy(update={"input": [first], "instructions": None})


def follow_up_request(
    run: Run, thread: Thread, calls: Sequence[ToolCall], aliases: Mapping[str, str]
) -> ResponseRequest:
    """Returns the request with the outputs of the function calls of the response before."""
    outputs = [
        {"type": "function_call_output", "call_id": call.call_id, "output": call.output or ""}
        for call in calls
    ]
    request = _request(run, thread, outputs, aliases)
    return request.model_copy(update={"previous_response_id": run.response_id})


def as_items(message: Message) -> list[Json]:
    """Returns a message as input items."""
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
    text_format = _format(config.response_format)
    if text_format is not None:
        options["text"] = {"format": text_format}
    if tools:
        options["tool_choice"] = _tool_choice(config.tool_choice, run.round, tools)
        options["parallel_tool_calls"] = config.parallel_tool_calls
    room = completion_room(run)
    if room is not None:
        options["max_output_tokens"] = max(MIN_OUTPUT_TOKENS, room)
    if config.truncation_strategy.type == "auto":
        options["truncation"] = "auto"
    return ResponseRequest(
        model=model,
        instructions=config.instructions or None,
        input=items,
        tools=tools,
        metadata={"run_id": run.id, "thread_id": run.thread_id},
        stream=run.streamed,
        options=options,
    )


def provider_tools(config: RunConfig, thread: Thread) -> list[Json]:
    """Returns the run's tools in the provider's form, with the files that they may use.

    File search without a vector store is left out: OpenAI's Assistants API allowed the tool before
    there were files to search, the provider does not.
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
            # A schema without `properties` is valid, but OpenAI rejects it.
            parameters = {"type": "object", "properties": {}} | (function.parameters or {})
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


def _search(settings: FileSearchSettings | None) -> Json:
    """Returns the settings of a file search, without a ranker that no longer exists."""
    shown: Json = settings.model_dump(exclude_none=True) if settings else {}
    ranking: Json = shown.get("ranking_options") or {}
    if ranking.get("ranker") == DEFAULT_RANKER:
        del ranking["ranker"]
    return shown


def _tool_choice(choice: ToolChoice, round_: int, tools: Sequence[Json]) -> Any:
    """Returns the tool choice: a call is only forced in the first round.

    A tool that was left out because it has no files is not forced either.
    """
    if round_ > 0 and choice != "none":
        return "auto"
    if isinstance(choice, str):
        return choice
    if isinstance(choice, FunctionChoice):
        return {"type": "function", "name": choice.function.name}
    offered = any(tool["type"] == choice.type for tool in tools)
    return {"type": choice.type} if offered else "auto"


def _format(wanted: ResponseFormat | None) -> Json | None:
    match wanted:
        case SchemaFormat(json_schema=schema):
            return {"type": wanted.type, **schema.model_dump(exclude_none=True, by_alias=True)}
        case PlainFormat():
            return {"type": wanted.type}
        case _:
            return None
