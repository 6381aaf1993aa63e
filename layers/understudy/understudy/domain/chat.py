"""A run as a chat completion, the fallback when the Responses API is down.

Every provider has this older API. It has no files, code interpreter or file search, so those are
left out. Only server-side tools are offered, because the fallback does not wait for a client.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from pydantic import Field

from understudy.domain.base import Json, Record
from understudy.domain.messages import Message
from understudy.domain.model_input import MIN_OUTPUT_TOKENS
from understudy.domain.models import sampling_options
from understudy.domain.runs import Run
from understudy.domain.tools import FunctionTool, ToolCall, error_output

IMAGE_LEFT_OUT = "[an image that is not shown here]"
"""Replaces an image that is stored at the other provider."""


class ChatRequest(Record):
    """A request for a chat completion. `options` has only fields that the model supports."""

    model: str
    messages: list[Json]
    tools: list[Json] = Field(default_factory=list)
    options: dict[str, Any] = Field(default_factory=dict)


def chat_request(
    run: Run, messages: Sequence[Message], calls: Sequence[ToolCall], model: str
) -> ChatRequest:
    """Returns the request that continues the run: its messages, its calls and their outputs."""
    config = run.config
    chat = [{"role": "system", "content": config.instructions}] if config.instructions else []
    chat += [shown for message in messages for shown in _message(message)]
    rounds = groupby(sorted(calls, key=lambda call: call.round), key=lambda call: call.round)
    chat += [shown for _, each in rounds for shown in _round(list(each))]
    return ChatRequest(model=model, messages=chat, tools=_tools(run), options=_options(run, model))


def _message(message: Message) -> list[Json]:
    if message.role == "assistant":
        text = message.plain_text()
        return [{"role": "assistant", "content": text}] if text else []
    parts = [_part(part) for part in message.content]
    if all(part["type"] == "text" for part in parts):
        return [{"role": "user", "content": "\n".join(part["text"] for part in parts)}]
    return [{"role": "user", "content": parts}]


def _part(part: Json) -> Json:
    match part:
        case {"type": "text", "text": {"value": value}}:
            return {"type": "text", "text": value}
        case {"type": "image_url", "image_url": {"url": url, **rest}}:
            shown = {"url": url, "detail": rest.get("detail", "auto")}
            return {"type": "image_url", "image_url": shown}
        case _:
            return {"type": "text", "text": IMAGE_LEFT_OUT}


def _round(calls: list[ToolCall]) -> list[Json]:
    """Returns the calls of one round with an output for each, which the API requires."""
    tool_calls = [call.as_required() for call in calls]
    missing = error_output("unavailable", "The call was not answered.")
    outputs = [
        {
            "role": "tool",
            "tool_call_id": call.call_id,
            "content": missing if call.output is None else call.output,
        }
        for call in calls
    ]
    return [{"role": "assistant", "content": None, "tool_calls": tool_calls}, *outputs]


def _tools(run: Run) -> list[Json]:
    return [
        {"type": "function", "function": tool.function.model_dump(exclude_none=True)}
        for tool in run.config.tools
        if isinstance(tool, FunctionTool) and tool.function.name in run.config.server_tools
    ]


def _options(run: Run, model: str) -> dict[str, Any]:
    config = run.config
    options = sampling_options(
        model,
        temperature=config.temperature,
        top_p=config.top_p,
        reasoning_effort=config.reasoning_effort,
    )
    reasoning = options.pop("reasoning", None)
    if reasoning:
        options["reasoning_effort"] = reasoning["effort"]
    wanted = config.response_format
    if wanted is not None and not isinstance(wanted, str) and wanted.type != "text":
        options["response_format"] = wanted.model_dump(by_alias=True, exclude_none=True)
    if config.max_completion_tokens is not None:
        used = sum(each.output_tokens for each in run.usage)
        left = max(MIN_OUTPUT_TOKENS, config.max_completion_tokens - used)
        options["max_completion_tokens"] = left
    return options
