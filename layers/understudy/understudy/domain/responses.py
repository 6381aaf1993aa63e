"""What is asked of the provider and what it answers, without the words of one provider's SDK.

The shapes follow the Responses API, because that is what every provider behind us speaks; the
adapter turns the SDK's objects into these and back.
"""

from typing import Any, Literal

from pydantic import Field

from understudy.domain.base import Json, Record
from understudy.domain.usage import RoundUsage

ResponseStatus = Literal[
    "queued", "in_progress", "completed", "failed", "cancelled", "incomplete", "unknown"
]


class ResponseRequest(Record):
    """A response to be created in the background. `options` holds only what the model takes."""

    model: str
    instructions: str | None
    input: list[Json]
    tools: list[Json] = Field(default_factory=list)
    previous_response_id: str | None = None
    metadata: dict[str, str] = Field(default_factory=dict)
    options: dict[str, Any] = Field(default_factory=dict)


class CreatedResponse(Record):
    """A response that the provider has taken on."""

    id: str
    status: ResponseStatus


class FunctionCall(Record):
    """A call that the model wants somebody else to execute."""

    call_id: str
    name: str
    arguments: str


class ResponseResult(Record):
    """A response as the provider shows it now. `output` keeps the provider's items."""

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
        """Whether the model is still at it."""
        return self.status in ("queued", "in_progress")

    @property
    def function_calls(self) -> list[FunctionCall]:
        """The calls that are ours to answer, in the model's order, each call id once."""
        calls: dict[str, FunctionCall] = {}
        for item in self.output:
            if item.get("type") == "function_call" and item.get("call_id") not in calls:
                calls[item["call_id"]] = FunctionCall(
                    call_id=item["call_id"],
                    name=str(item.get("name", "")),
                    arguments=str(item.get("arguments", "")),
                )
        return list(calls.values())
