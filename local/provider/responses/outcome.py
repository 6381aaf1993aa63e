"""How a response ends: as its script says, or else as the test model answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.provider.checks import Json
from local.provider.errors import ApiError
from local.provider.ids import word_id
from local.provider.responses.items import new_item_id
from local.provider.responses.record import Status, StoredResponse
from local.provider.responses.request import CreateRequest
from local.provider.responses.usage import reasoning_tokens, usage_of
from local.provider.scripts import Answer
from local.provider.test_model.prompt import Desk, Prompt, call, say
from local.provider.test_model.respond import respond

DeskFor = Callable[[CreateRequest, list[Json]], Desk]
_FAILURE = {"code": "server_error", "message": "The model failed to generate a response."}


@dataclass(frozen=True)
class Outcome:
    """An end of a response. `streamed` are items that a failed one streamed but does not keep."""

    status: Status
    output: list[Json] = field(default_factory=list)
    error: Json | None = None
    incomplete_reason: str | None = None
    usage: Json | None = None
    streamed: list[Json] = field(default_factory=list)


def outcome_of(response: StoredResponse, desk_for: DeskFor) -> Outcome:
    """Return the outcome; failed if something that the request refers to is gone by now."""
    request, history, answer = response.request, response.history, response.answer
    drafts = _scripted(request, answer)
    if answer.status == "failed":
        error = {**_FAILURE, **(answer.error or {})}
        return Outcome("failed", error=error, streamed=_identified(drafts))
    if not drafts:
        try:
            drafts = respond(prompt_of(request, history), desk_for(request, history))
        except ApiError as error:
            failure = {"code": error.code or "invalid_prompt", "message": error.message}
            return Outcome("failed", error=failure)
    if reasoning_tokens(request):
        drafts = [{"type": "reasoning", "summary": []}, *drafts]
    output = _identified(drafts)
    usage = {**usage_of(request, history, output), **(answer.usage or {})}
    if answer.status == "completed":
        return Outcome("completed", output, usage=usage)
    for item in output:
        if item["type"] == "message":
            item["status"] = "incomplete"
    reason = answer.reason or "max_output_tokens"
    return Outcome("incomplete", output, incomplete_reason=reason, usage=usage)


def prompt_of(request: CreateRequest, history: list[Json]) -> Prompt:
    """Return what the model sees of a request."""
    body = request.body
    return Prompt(
        instructions=body.get("instructions") or "",
        items=history,
        tools=request.tools,
        tool_choice=body.get("tool_choice") or "auto",
        text_format=(body.get("text") or {}).get("format") or {},
    )


def cancelled(answer: Answer) -> Outcome:
    """Return the outcome of a cancelled response, with the text that was written until then."""
    if answer.written is None:
        return Outcome("cancelled")
    return Outcome("cancelled", _identified([say(answer.written) | {"status": "incomplete"}]))


def _identified(items: list[Json]) -> list[Json]:
    """Return output items with their ids."""
    known = [{"id": new_item_id(item["type"]), **item} for item in items]
    for item in known:
        if item["type"] == "function_call":
            item.setdefault("call_id", word_id("call"))
            item.setdefault("status", "completed")
    return known


def _scripted(request: CreateRequest, answer: Answer) -> list[Json]:
    """Return the items that a script gives."""
    if answer.output:
        return [dict(item) for item in answer.output]
    if answer.hijack is not None:
        return _hijacked(request, answer.hijack)
    items = []
    if answer.refusal is not None:
        items.append({**say(""), "content": [{"type": "refusal", "refusal": answer.refusal}]})
    if answer.text is not None or answer.deltas:
        items.append(say(answer.text if answer.text is not None else "".join(answer.deltas)))
    return items + [call(each["name"], each.get("arguments") or {}) for each in answer.calls]


def _hijacked(request: CreateRequest, arguments: Mapping[str, Mapping[str, Any]]) -> list[Json]:
    names = [tool["name"] for tool in request.tools if tool["type"] == "function"]
    others = arguments.get("*") or {}
    undeclared = [name for name in arguments if name not in {*names, "*"}]
    return [call(name, arguments.get(name) or others) for name in [*names, *undeclared]]
