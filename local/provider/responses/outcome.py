"""How a response ends: as its script says, or else as the test model answers."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.provider.checks import Json
from local.provider.errors import ApiError, bad_request
from local.provider.ids import word_id
from local.provider.responses.items import new_item_id
from local.provider.responses.record import Status, StoredResponse
from local.provider.responses.request import CreateRequest
from local.provider.responses.usage import (
    PromptCache,
    count_items,
    input_tokens,
    reasoning_tokens,
    truncate,
    usage,
)
from local.provider.scripts import Answer
from local.provider.test_model.prompt import Desk, Prompt, call, say
from local.provider.test_model.respond import respond

_TOO_LONG = (
    "Your input exceeds the context window of this model. Please adjust your input and try again."
)
_HOSTED_CALLS = {"code_interpreter_call", "file_search_call"}


@dataclass(frozen=True)
class Outcome:
    """An end of a response. `streamed` are items that a failed one streamed but does not keep."""

    status: Status
    output: list[Json] = field(default_factory=list)
    error: Json | None = None
    incomplete_reason: str | None = None
    usage: Json | None = None
    streamed: list[Json] = field(default_factory=list)


class Worker:
    """Computes the outcome of a response."""

    def __init__(self, desk_for: Callable[[CreateRequest, list[Json]], Desk]) -> None:
        self._desk_for = desk_for
        self.cache = PromptCache()

    def check(self, request: CreateRequest, history: list[Json]) -> None:
        """Raise `ApiError` for tools that do not exist or input too long for the model."""
        self._desk_for(request, history)
        if not request.background and self._too_long(request, history):
            raise bad_request(_TOO_LONG, "input", "context_length_exceeded")

    def work(self, response: StoredResponse) -> Outcome:
        """Return the outcome; failed if something that the request refers to is gone by now."""
        try:
            return self._work(response.request, response.history, response.answer)
        except ApiError as error:
            failure = {"code": error.code or "invalid_prompt", "message": error.message}
            return Outcome("failed", error=failure)

    def _work(self, request: CreateRequest, history: list[Json], answer: Answer) -> Outcome:
        history = self._readable(request, history)
        if answer.status == "failed":
            scripted = _scripted(request, answer) or []
            return Outcome(
                "failed",
                error={
                    "code": "server_error",
                    "message": "The model failed to generate a response.",
                    **(answer.error or {}),
                },
                streamed=[identified(item) for item in scripted],
            )
        if self._too_long(request, history):
            failure = {"code": "context_length_exceeded", "message": _TOO_LONG}
            return Outcome("failed", error=failure)
        drafts = _scripted(request, answer)
        if drafts is None:
            drafts = respond(prompt_of(request, history), self._desk_for(request, history))
        return self._measured(request, history, drafts, answer)

    def _measured(
        self, request: CreateRequest, history: list[Json], drafts: list[Json], answer: Answer
    ) -> Outcome:
        read = input_tokens(request, history)
        cached = self.cache.lookup(request, history)
        thought = reasoning_tokens(request, read)
        reason = answer.reason if answer.status == "incomplete" else None
        limit = request.body.get("max_output_tokens")
        if limit is not None and thought + count_items(drafts) > limit:
            thought = min(thought, limit)
            drafts = _cut(drafts, limit - thought)
            reason = "max_output_tokens"
        written = min(count_items(drafts), limit - thought if limit else count_items(drafts))
        measured = {**usage(request, read, cached, written, thought), **(answer.usage or {})}
        thinking: list[Json] = [{"type": "reasoning", "summary": []}] if thought else []
        output = [identified(item) for item in [*thinking, *_allowed(request, drafts)]]
        if answer.status == "incomplete":
            reason = reason or "max_output_tokens"
        if reason is None:
            return Outcome("completed", output, usage=measured)
        for item in output:
            if item["type"] == "message":
                item["status"] = "incomplete"
        return Outcome("incomplete", output, incomplete_reason=reason, usage=measured)

    def _readable(self, request: CreateRequest, history: list[Json]) -> list[Json]:
        if request.body.get("truncation") != "auto":
            return history
        kept = list(history)
        while len(kept) > 1 and self._too_long(request, kept):
            del kept[0]
        return kept

    def _too_long(self, request: CreateRequest, history: Iterable[Json]) -> bool:
        return input_tokens(request, history) > request.model.input_limit


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
    return Outcome("cancelled", [identified(say(answer.written) | {"status": "incomplete"})])


def identified(item: Json) -> Json:
    """Return an output item with its ids."""
    known = {"id": new_item_id(item["type"]), **item}
    if item["type"] == "function_call":
        known.setdefault("call_id", word_id("call"))
        known.setdefault("status", "completed")
    return known


def _scripted(request: CreateRequest, answer: Answer) -> list[Json] | None:
    """Return the items that a script gives; None if it gives none."""
    if answer.output:
        return [dict(item) for item in answer.output]
    if answer.hijack is not None:
        return _hijacked(request, answer.hijack)
    items = []
    if answer.refusal is not None:
        items.append({**say(""), "content": [{"type": "refusal", "refusal": answer.refusal}]})
    if answer.text is not None or answer.deltas:
        items.append(say(answer.text if answer.text is not None else "".join(answer.deltas)))
    items += [call(each["name"], each.get("arguments") or {}) for each in answer.calls]
    return items or None


def _hijacked(request: CreateRequest, arguments: Mapping[str, Mapping[str, Any]]) -> list[Json]:
    names = [tool["name"] for tool in request.tools if tool["type"] == "function"]
    others = arguments.get("*") or {}
    undeclared = [name for name in arguments if name not in {*names, "*"}]
    return [call(name, arguments.get(name) or others) for name in [*names, *undeclared]]


def _allowed(request: CreateRequest, drafts: list[Json]) -> list[Json]:
    """Drop calls of hosted tools beyond `max_tool_calls`."""
    limit = request.body.get("max_tool_calls")
    if limit is None:
        return drafts
    kept, hosted = [], 0
    for item in drafts:
        hosted += item["type"] in _HOSTED_CALLS
        if item["type"] not in _HOSTED_CALLS or hosted <= limit:
            kept.append(item)
    return kept


def _cut(drafts: list[Json], budget: int) -> list[Json]:
    """Return the items that fit into a number of tokens; the message that does not is cut."""
    kept = []
    for item in drafts:
        cost = count_items([item])
        if cost > budget:
            if item["type"] == "message" and budget > 0:
                [part] = item["content"]
                text = truncate(part.get("text") or "", budget)
                inside = [
                    a for a in part.get("annotations") or [] if a.get("end_index", 0) <= len(text)
                ]
                kept.append({**item, "content": [{**part, "text": text, "annotations": inside}]})
            break
        kept.append(item)
        budget -= cost
    return kept
