"""A response as kept, and its rendering as the API object."""

import threading
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from local.provider.account import ApiObject
from local.provider.checks import Json
from local.provider.ids import hex_id
from local.provider.responses.request import CreateRequest
from local.provider.scripts import Answer

Status = Literal["queued", "in_progress", "completed", "failed", "cancelled", "incomplete"]
TERMINAL: frozenset[Status] = frozenset({"completed", "failed", "cancelled", "incomplete"})
_DEFAULTS: Json = {
    **dict.fromkeys(("instructions", "max_output_tokens", "max_tool_calls", "user")),
    **dict.fromkeys(("previous_response_id", "prompt_cache_key", "safety_identifier")),
    "parallel_tool_calls": True,
    "store": True,
    "temperature": 1.0,
    "tool_choice": "auto",
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
}
_TEXT_DEFAULTS: Json = {"format": {"type": "text"}, "verbosity": "medium"}
_INCLUDABLE = {
    "code_interpreter_call": ("outputs", "code_interpreter_call.outputs"),
    "file_search_call": ("results", "file_search_call.results"),
}


@dataclass(kw_only=True)
class StoredResponse(ApiObject):
    """One response. `history` is everything the model reads, its own input last.

    `events` are those of its stream so far; an event's sequence number is its index.
    """

    kind = "response"
    path: ClassVar[str] = "/v1/responses"
    """The path of its request."""
    request: CreateRequest
    history: list[Json]
    status: Status
    answer: Answer = field(default_factory=Answer)
    output: list[Json] = field(default_factory=list)
    completed_at: int | None = None
    error: Json | None = None
    incomplete_reason: str | None = None
    usage: Json | None = None
    over: threading.Event = field(default_factory=threading.Event)
    """Set when it has ended or is no longer kept."""
    events: list[Json] = field(default_factory=list)
    readers: int = 0

    @staticmethod
    def new_id() -> str:
        """Return an id for a response of this kind."""
        return hex_id("resp")

    @property
    def terminal(self) -> bool:
        """Whether it has ended."""
        return self.status in TERMINAL

    @property
    def stuck(self) -> bool:
        """Whether only a cancel ends it."""
        return self.answer.never_ends and self.status == "in_progress"

    def add_event(self, event: Json) -> None:
        """Append an event to the stream, with its sequence number."""
        self.events.append({**event, "sequence_number": len(self.events)})

    def rendered(self, include: Collection[str] = ()) -> Json:
        """Return the API object; `include` adds to what the request included."""
        body, reason = self.request.body, self.incomplete_reason
        effort = "medium" if self.request.model.reasoning else None
        return {
            "id": self.id,
            "object": "response",
            "created_at": self.created_at,
            "completed_at": self.completed_at,
            "status": self.status,
            "error": self.error,
            "incomplete_details": {"reason": reason} if reason else None,
            **_given(body, _DEFAULTS),
            "background": self.request.background,
            "metadata": self.request.metadata,
            "model": self.request.model.id,
            "output": [self.rendered_item(item, include) for item in self.output],
            "conversation": None,
            "reasoning": _given(body.get("reasoning") or {}, {"effort": effort, "summary": None}),
            "service_tier": "default" if self.terminal else body.get("service_tier") or "auto",
            "text": _given(body.get("text") or {}, _TEXT_DEFAULTS),
            "tools": [_rendered_tool(tool) for tool in self.request.tools],
            "usage": self.usage,
        }

    def rendered_item(self, item: Json, include: Collection[str] = ()) -> Json:
        """Return an output item, without the details that no `include` asks for."""
        included = {*include, *(self.request.body.get("include") or [])}
        key, wanted = _INCLUDABLE.get(item["type"], ("", ""))
        return {**item, key: None} if key and wanted not in included else dict(item)


def _given(values: Json, defaults: Json) -> Json:
    return {
        name: default if values.get(name) is None else values[name]
        for name, default in defaults.items()
    }


def _rendered_tool(tool: Json) -> Json:
    if tool["type"] != "function":
        return tool
    return {"description": None, "strict": True, "parameters": {}, **tool}
