"""Requests to the provider and its responses, independent of one provider's SDK.

The fields follow the Responses API, which every supported provider implements; the adapter
converts the SDK's objects.
"""

from typing import Any, Literal

from pydantic import Field

from understudy.domain.base import Json, Record
from understudy.domain.usage import RoundUsage

ResponseStatus = Literal[
    "queued", "in_progress", "completed", "failed", "cancelled", "incomplete", "unknown"
]


class ResponseRequest(Record):
    """A request for a background response. `options` has only fields that the model accepts.

    With `stream` its events can be read while the model writes.
    """

    model: str
    instructions: str | None
    input: list[Json]
    tools: list[Json] = Field(default_factory=list)
    previous_response_id: str | None = None
    metadata: dict[str, str] = Field(default_factory=dict)
    stream: bool = False
    options: dict[str, Any] = Field(default_factory=dict)


class CreatedResponse(Record):
    """A response that the provider has accepted."""

    id: str
    status: ResponseStatus


class FunctionCall(Record):
    """A function call that the model asks for."""

    call_id: str
    name: str
    arguments: str


class ResponseResult(Record):
    """The current state of a response. `output` has the provider's items unchanged."""

    id: str
    status: ResponseStatus
    model: str
    output: list[Json] = Field(default_factory=list)
    usage: RoundUsage | None = None
    error_code: str | None = None
    error_message: str | None = None
    incomplete_reason: str | None = None

    @property
    def is_working(self) -> bool:
        """Whether the model is still working."""
        return self.status in ("queued", "in_progress")

    @property
    def function_calls(self) -> list[FunctionCall]:
        """The function calls in the model's order, each call id once."""
        calls: dict[str, FunctionCall] = {}
        for item in self.output:
            if item.get("type") == "function_call" and item.get("call_id") not in calls:
                calls[item["call_id"]] = FunctionCall(
                    call_id=item["call_id"],
                    name=str(item.get("name", "")),
                    arguments=str(item.get("arguments", "")),
                )
        return list(calls.values())
