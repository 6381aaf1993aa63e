"""Chat completions, complete or streamed."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from flask import Response

from local.provider.chat.messages import PARAMETERS, request_of
from local.provider.checks import Json
from local.provider.errors import ApiError
from local.provider.ids import word_id
from local.provider.responses.events import with_fault
from local.provider.responses.record import StoredResponse
from local.provider.web import operations

if TYPE_CHECKING:
    from local.provider.state import Provider


@dataclass(kw_only=True)
class ChatCompletion(StoredResponse):
    """A response that is shown as a chat completion."""

    kind = "chat.completion"
    path: ClassVar[str] = "/v1/chat/completions"

    @staticmethod
    def new_id() -> str:
        """Return an id for a completion."""
        return word_id("chatcmpl", "-")

    def rendered(self, *_: object) -> Json:
        """Return the API object."""
        parts = [p for item in self.output if item["type"] == "message" for p in item["content"]]
        calls = [_call(item) for item in self.output if item["type"] == "function_call"]
        message: Json = {
            "role": "assistant",
            "content": _joined(part["text"] for part in parts if "text" in part),
            "refusal": _joined(part["refusal"] for part in parts if "refusal" in part),
            "annotations": [],
            **({"tool_calls": calls} if calls else {}),
        }
        choice = {"message": message, "finish_reason": self.finish_reason}
        return {
            **self.envelope("chat.completion"),
            "choices": [{"index": 0, "logprobs": None, **choice}],
            "usage": self.chat_usage,
        }

    @property
    def finish_reason(self) -> str:
        """Why the completion ended."""
        if self.status == "incomplete":
            return "content_filter" if self.incomplete_reason == "content_filter" else "length"
        called = any(item["type"] == "function_call" for item in self.output)
        return "tool_calls" if called else "stop"

    def envelope(self, kind: str) -> Json:
        """Return the fields that a completion and its chunks share."""
        return {
            "id": self.id,
            "object": kind,
            "created": self.created_at,
            "model": self.request.model.id,
            "service_tier": "default",
            "system_fingerprint": None,
        }

    @property
    def chat_usage(self) -> Json | None:
        """The usage in the form of chat completions; None before the end."""
        counted = self.usage
        return counted and {
            "prompt_tokens": counted["input_tokens"],
            "completion_tokens": counted["output_tokens"],
            "total_tokens": counted["total_tokens"],
            "prompt_tokens_details": counted["input_tokens_details"],
            "completion_tokens_details": counted["output_tokens_details"],
        }


def _create(provider: "Provider", body: Json) -> ChatCompletion | Response:
    """Create a completion, or the stream of its chunks."""
    completion = provider.life.start(request_of(body), ChatCompletion)
    assert isinstance(completion, ChatCompletion)
    if completion.request.streamed:
        with_usage = bool((body.get("stream_options") or {}).get("include_usage"))
        events = (event for _, event in provider.life.follow(completion))
        chunks = _chunks(completion, events, with_usage=with_usage)
        frames = (f"data: {json.dumps(chunk)}\n\n".encode() for chunk in chunks)
        return Response(_stream(completion, frames), mimetype="text/event-stream")
    if completion.error is not None:
        raise _failure(completion.error)
    return completion


def _stream(completion: ChatCompletion, frames: Iterator[bytes]) -> Iterator[bytes]:
    yield from with_fault(enumerate(frames), completion.answer.stream)
    yield b"data: [DONE]\n\n"


def _chunks(
    completion: ChatCompletion, events: Iterable[Json], *, with_usage: bool
) -> Iterator[Json]:
    """Yield the chunks for a response's events; the last ones have finish reason and usage."""
    envelope = completion.envelope("chat.completion.chunk")
    if with_usage:
        envelope["usage"] = None

    def chunk(delta: Json, reason: str | None = None) -> Json:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return {**envelope, "choices": [choice]}

    calls = -1
    for event in events:
        match event["type"].removeprefix("response."):
            case "created":
                yield chunk({"role": "assistant", "content": "", "refusal": None})
            case "output_text.delta":
                yield chunk({"content": event["delta"]})
            case "refusal.delta":
                yield chunk({"refusal": event["delta"]})
            case "output_item.added" if event["item"]["type"] == "function_call":
                calls += 1
                yield chunk({"tool_calls": [{"index": calls, **_call(event["item"])}]})
            case "function_call_arguments.delta":
                piece = {"index": calls, "function": {"arguments": event["delta"]}}
                yield chunk({"tool_calls": [piece]})
            case "failed" | "error":
                yield _failure(completion.error or {}).body()
            case "completed" | "incomplete":
                yield chunk({}, completion.finish_reason)
                if with_usage:
                    yield {**envelope, "choices": [], "usage": completion.chat_usage}


def _call(item: Json) -> Json:
    function = {"name": item["name"], "arguments": item["arguments"]}
    return {"id": item["call_id"], "type": "function", "function": function}


def _joined(texts: Iterable[str]) -> str | None:
    return "\n".join(texts) or None


def _failure(error: Json) -> ApiError:
    return ApiError(500, error["message"], kind="server_error", code=error["code"])


routes = operations(
    "/chat/completions", lambda provider: provider, {"POST ": (_create, PARAMETERS)}
)
