"""Chat completions, complete or streamed."""

import json
import threading
from collections.abc import Iterator

from flask import Blueprint, Response

from local.provider.chat.messages import flat_choice, flat_tool, items_of
from local.provider.checks import Json, check_metadata
from local.provider.errors import ApiError, bad_request, missing_parameter
from local.provider.gates import Gates
from local.provider.ids import word_id
from local.provider.models import find_model
from local.provider.responses.events import pieces
from local.provider.responses.outcome import Outcome
from local.provider.responses.record import StoredResponse
from local.provider.responses.request import CreateRequest
from local.provider.scripts import Answer, StreamFault
from local.provider.test_model.words import word_set
from local.provider.web import json_object, provider

routes = Blueprint("chat", __name__)

_FIELDS = word_set(
    """messages model tools tool_choice parallel_tool_calls temperature top_p max_tokens
    max_completion_tokens response_format metadata n stop seed user store reasoning_effort stream
    stream_options presence_penalty frequency_penalty logprobs top_logprobs logit_bias
    service_tier verbosity safety_identifier prompt_cache_key prediction modalities"""
)


@routes.post("/chat/completions")
def create_completion() -> Json | Response:
    """Create a completion."""
    body = json_object()
    request = _parsed(body)
    text = "\n".join(str(item.get("content") or item.get("output")) for item in request.items)
    answer = provider.scripts.answer("/v1/chat/completions", text, request.metadata) or Answer()
    completion = StoredResponse(
        id=word_id("chatcmpl", "-"),
        request=request,
        history=request.items,
        created_at=provider.clock.seconds(),
        status="in_progress",
        answer=answer,
    )
    seconds = answer.working_seconds
    threading.Event().wait(provider.speeds.working if seconds is None else seconds)
    outcome = provider.worker.work(completion)
    if outcome.error is not None and not (request.streamed and outcome.streamed):
        raise _failure(outcome.error)
    detail = {"model": request.model.id, "metadata": request.metadata}
    provider.ledger.note("chat_completion", completion.id, "answered", **detail)
    if not request.streamed:
        return _rendered(completion, outcome)
    with_usage = bool((body.get("stream_options") or {}).get("include_usage"))
    chunks = _chunks(completion, outcome, with_usage=with_usage)
    return Response(_frames(completion, chunks, provider.gates), mimetype="text/event-stream")


def _parsed(body: Json) -> CreateRequest:
    for name in ("model", "messages"):
        if body.get(name) is None:
            raise missing_parameter(name)
    for name in body:
        if name not in _FIELDS:
            raise bad_request(f"Unrecognized request argument supplied: {name}")
    model = find_model(body["model"])
    flat: Json = {
        "model": model.id,
        "stream": body.get("stream"),
        "tools": [flat_tool(f"tools[{i}]", t) for i, t in enumerate(body.get("tools") or [])],
        "tool_choice": flat_choice(body.get("tool_choice")),
        "parallel_tool_calls": body.get("parallel_tool_calls"),
        "max_output_tokens": body.get("max_completion_tokens") or body.get("max_tokens"),
        "text": {"format": _flat_format(body.get("response_format"))},
        "reasoning": {"effort": body.get("reasoning_effort")},
        "temperature": body.get("temperature"),
        "top_p": body.get("top_p"),
    }
    model.check_sampling(flat)
    metadata = check_metadata(body.get("metadata"))
    return CreateRequest(flat, items_of(body["messages"]), model, metadata)


def _flat_format(given: Json | None) -> Json:
    if given and "json_schema" in given:
        return {"type": "json_schema", **given["json_schema"]}
    return given or {"type": "text"}


def _failure(error: Json) -> ApiError:
    return ApiError(500, error["message"], kind="server_error", code=error["code"])


def _rendered(completion: StoredResponse, outcome: Outcome) -> Json:
    texts, refusals, calls = _contents(outcome.output)
    message: Json = {
        "role": "assistant",
        "content": "\n".join(texts) if texts else None,
        "refusal": "\n".join(refusals) if refusals else None,
        "annotations": [],
    }
    if calls:
        message["tool_calls"] = calls
    reason = _finish_reason(outcome, calls)
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reason}
    return {
        **_envelope(completion, "chat.completion"),
        "choices": [choice],
        "usage": _usage(outcome.usage or {}),
    }


def _chunks(completion: StoredResponse, outcome: Outcome, *, with_usage: bool) -> Iterator[Json]:
    """Yield the chunks: the role, pieces of text, calls, the finish reason, and the usage."""
    envelope = _envelope(completion, "chat.completion.chunk")
    if with_usage:
        envelope["usage"] = None

    def chunk(delta: Json, reason: str | None = None) -> Json:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return {**envelope, "choices": [choice]}

    texts, refusals, calls = _contents(outcome.streamed or outcome.output)
    yield chunk({"role": "assistant", "content": None if calls else "", "refusal": None})
    text, deltas = "\n".join(texts), list(completion.answer.deltas)
    for piece in deltas if "".join(deltas) == text else pieces(text):
        yield chunk({"content": piece})
    for piece in pieces("\n".join(refusals)):
        yield chunk({"refusal": piece})
    for index, call in enumerate(calls):
        function = call["function"]
        empty = {**call, "index": index, "function": {**function, "arguments": ""}}
        yield chunk({"tool_calls": [empty]})
        for piece in pieces(function["arguments"]):
            yield chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
    if outcome.error is not None:
        yield _failure(outcome.error).body()
        return
    yield chunk({}, _finish_reason(outcome, calls))
    if with_usage:
        yield {**envelope, "choices": [], "usage": _usage(outcome.usage or {})}


def _frames(completion: StoredResponse, chunks: Iterator[Json], gates: Gates) -> Iterator[bytes]:
    fault = completion.answer.stream or StreamFault()
    for number, chunk in enumerate(chunks):
        if number == fault.drop_after:
            raise ConnectionResetError("scripted")
        released = threading.Event()
        if number and gates.park("delta", completion.id, released.set):
            released.wait()
        frame = f"data: {json.dumps(chunk)}\n\n".encode()
        yield frame * (0 if number == fault.skip else 2 if number == fault.repeat else 1)
    yield b"data: [DONE]\n\n"


def _contents(output: list[Json]) -> tuple[list[str], list[str], list[Json]]:
    """Return the texts, refusals and tool calls of output items."""
    parts = [part for item in output if item["type"] == "message" for part in item["content"]]
    calls = [
        {
            "id": item["call_id"],
            "type": "function",
            "function": {"name": item["name"], "arguments": item["arguments"]},
        }
        for item in output
        if item["type"] == "function_call"
    ]
    texts = [part["text"] for part in parts if "text" in part]
    return texts, [part["refusal"] for part in parts if "refusal" in part], calls


def _finish_reason(outcome: Outcome, calls: list[Json]) -> str:
    if outcome.status == "incomplete":
        return "content_filter" if outcome.incomplete_reason == "content_filter" else "length"
    return "tool_calls" if calls else "stop"


def _envelope(completion: StoredResponse, kind: str) -> Json:
    return {
        "id": completion.id,
        "object": kind,
        "created": completion.created_at,
        "model": completion.request.model.id,
        "service_tier": "default",
        "system_fingerprint": None,
    }


def _usage(counted: Json) -> Json:
    return {
        "prompt_tokens": counted["input_tokens"],
        "completion_tokens": counted["output_tokens"],
        "total_tokens": counted["total_tokens"],
        "prompt_tokens_details": {
            "cached_tokens": counted["input_tokens_details"]["cached_tokens"],
            "audio_tokens": 0,
        },
        "completion_tokens_details": {
            "reasoning_tokens": counted["output_tokens_details"]["reasoning_tokens"],
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
