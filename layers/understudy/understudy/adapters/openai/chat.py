"""Chat completions: implements the port Completions with OpenAI's SDK."""

from typing import Any

from understudy.adapters.openai.client import ClientSource
from understudy.adapters.openai.errors import translated
from understudy.adapters.openai.well_formed import well_formed
from understudy.domain.base import Json
from understudy.domain.chat import ChatRequest
from understudy.domain.responses import ResponseResult
from understudy.domain.usage import RoundUsage
from understudy.errors import ProviderUnavailableError

CUT = {"length": "max_output_tokens", "content_filter": "content_filter"}
"""Why a completion is truncated, in the terms of the Responses API."""


class OpenAIChat:
    """Implements the port Completions."""

    def __init__(self, source: ClientSource) -> None:
        self._source = source

    def complete(self, request: ChatRequest, *, seconds: float) -> ResponseResult:
        arguments: dict[str, Any] = {
            "model": request.model,
            "messages": request.messages,
            **request.options,
        }
        if request.tools:
            arguments["tools"] = request.tools
        with translated():
            client = self._source().with_options(timeout=seconds)
            completion = client.chat.completions.create(**arguments)
        if not getattr(completion, "choices", None):
            raise ProviderUnavailableError("the completion has no choice", code="malformed")
        return read_completion(completion)


def read_completion(completion: Any) -> ResponseResult:
    """Converts the SDK's completion to a finished response, which is stored like any other."""
    choice = completion.choices[0]
    reason = CUT.get(choice.finish_reason or "")
    return ResponseResult(
        id=str(completion.id),
        status="incomplete" if reason else "completed",
        model=str(completion.model),
        output=well_formed([*_text(choice.message), *map(_call, choice.message.tool_calls or [])]),
        usage=_usage(completion),
        incomplete_reason=reason,
    )


def _text(message: Any) -> list[Json]:
    parts: list[Json] = []
    if getattr(message, "refusal", None):
        parts.append({"type": "refusal", "refusal": message.refusal})
    if message.content:
        parts.append({"type": "output_text", "text": message.content, "annotations": []})
    return [{"type": "message", "role": "assistant", "content": parts}] if parts else []


def _call(call: Any) -> Json:
    """Converts a call; other kinds of calls get an empty function name and are rejected later."""
    function = getattr(call, "function", None)
    return {
        "type": "function_call",
        "call_id": call.id,
        "name": getattr(function, "name", "") or "",
        "arguments": getattr(function, "arguments", "") or "",
    }


def _usage(completion: Any) -> RoundUsage | None:
    usage = completion.usage
    if usage is None:
        return None
    details_in, details_out = usage.prompt_tokens_details, usage.completion_tokens_details
    return RoundUsage(
        response_id=str(completion.id),
        model=str(completion.model),
        input_tokens=usage.prompt_tokens or 0,
        cached_tokens=getattr(details_in, "cached_tokens", 0) or 0,
        output_tokens=usage.completion_tokens or 0,
        reasoning_tokens=getattr(details_out, "reasoning_tokens", 0) or 0,
        service_tier=getattr(completion, "service_tier", None),
    )
