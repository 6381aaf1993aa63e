"""The HTTP operation of chat completions, without streaming."""

from __future__ import annotations

import threading
from typing import Any

from flask import Blueprint

from local.provider.brain.words import word_set
from local.provider.chat.messages import flat_choice, flat_tool, items_of
from local.provider.checks import Json, check_metadata, check_type
from local.provider.errors import ApiError, bad_request, missing_parameter
from local.provider.ids import word_id
from local.provider.models import find_model
from local.provider.responses.outcome import Outcome
from local.provider.responses.record import StoredResponse
from local.provider.responses.request import CreateRequest
from local.provider.state import provider
from local.provider.web import json_body

routes = Blueprint("chat", __name__)

_FIELDS = word_set(
    """messages model tools tool_choice parallel_tool_calls temperature top_p max_tokens
    max_completion_tokens response_format metadata n stop seed user store reasoning_effort stream
    presence_penalty frequency_penalty logprobs top_logprobs logit_bias service_tier verbosity
    safety_identifier prompt_cache_key prediction modalities"""
)


@routes.post("/chat/completions")
def create_completion() -> Json:
    """Answer a conversation at once."""
    request = _parsed(json_body())
    text = "\n".join(str(item.get("content") or item.get("output")) for item in request.items)
    answer = provider.scripts.answer("/v1/chat/completions", text, request.metadata)
    completion = StoredResponse(
        id=word_id("chatcmpl", "-"),
        request=request,
        history=request.items,
        created_at=provider.clock.seconds(),
        status="in_progress",
        answer=answer,
    )
    seconds = answer.working_seconds if answer and answer.working_seconds is not None else None
    threading.Event().wait(provider.life.speeds.working if seconds is None else seconds)
    outcome = provider.worker.work(completion)
    if outcome.error is not None:
        raise ApiError(
            500, outcome.error["message"], kind="server_error", code=outcome.error["code"]
        )
    provider.ledger.note(
        "chat_completion",
        completion.id,
        "answered",
        model=request.model.id,
        metadata=request.metadata,
    )
    return _rendered(completion, outcome)


def _parsed(body: Any) -> CreateRequest:
    check_type("body", body, "an object")
    for name in ("model", "messages"):
        if body.get(name) is None:
            raise missing_parameter(name)
    for name in body:
        if name not in _FIELDS:
            raise bad_request(f"Unrecognized request argument supplied: {name}")
    if body.get("stream"):
        raise bad_request(
            "Unsupported value: 'stream' does not support true with this model.",
            "stream",
            "unsupported_value",
        )
    model = find_model(body["model"])
    flat: Json = {
        "model": model.id,
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
    return CreateRequest(
        flat, items_of(body["messages"]), model, check_metadata(body.get("metadata"))
    )


def _flat_format(given: Any) -> Json:
    if isinstance(given, dict) and "json_schema" in given:
        return {"type": "json_schema", **given["json_schema"]}
    return given or {"type": "text"}


def _rendered(completion: StoredResponse, outcome: Outcome) -> Json:
    texts = [i["content"][0]["text"] for i in outcome.output if i["type"] == "message"]
    calls = [
        {
            "id": item["call_id"],
            "type": "function",
            "function": {"name": item["name"], "arguments": item["arguments"]},
        }
        for item in outcome.output
        if item["type"] == "function_call"
    ]
    message: Json = {
        "role": "assistant",
        "content": "\n".join(texts) if texts else None,
        "refusal": None,
        "annotations": [],
    }
    if calls:
        message["tool_calls"] = calls
    reason = "length" if outcome.status == "incomplete" else "tool_calls" if calls else "stop"
    return {
        "id": completion.id,
        "object": "chat.completion",
        "created": completion.created_at,
        "model": completion.request.model.id,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": reason}],
        "usage": _usage(outcome.usage or {}),
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
