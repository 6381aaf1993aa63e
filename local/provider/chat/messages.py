"""The body of a chat completion, converted to a request of the Responses API."""

from collections.abc import Iterator
from typing import Any

from local.provider.checks import ARRAY, OBJECT, Json, Parameter, check, check_metadata
from local.provider.errors import bad_request, invalid_type, missing_parameter
from local.provider.models import find_model
from local.provider.responses.items import new_item_id
from local.provider.responses.request import CreateRequest
from local.provider.test_model.words import word_set

PARAMETERS = {
    "model": Parameter("a string", required=True),
    "messages": Parameter("an array", required=True),
    "tools": ARRAY,
    "response_format": OBJECT,
    "stream_options": OBJECT,
}
_OTHER_PARAMETERS = word_set(
    """tool_choice parallel_tool_calls temperature top_p max_tokens max_completion_tokens metadata n
    stop seed user store reasoning_effort stream presence_penalty frequency_penalty logprobs
    top_logprobs logit_bias service_tier verbosity safety_identifier prompt_cache_key prediction
    modalities"""
)
_MESSAGE = {
    "role": Parameter(
        "a string", required=True, choices=("system", "assistant", "user", "tool", "developer")
    )
}


def request_of(body: Json) -> CreateRequest:
    """Return a checked body as a request. Raises the API's 400."""
    for name in body:
        if name not in PARAMETERS and name not in _OTHER_PARAMETERS:
            raise bad_request(f"Unrecognized request argument supplied: {name}")
    model = find_model(body["model"])
    flat: Json = {
        "model": model.id,
        "store": False,
        "stream": body.get("stream"),
        "tools": [_flat_tool(f"tools[{i}]", t) for i, t in enumerate(body.get("tools") or [])],
        "tool_choice": _flat_choice(body.get("tool_choice")),
        "text": {"format": _flat_format(body.get("response_format"))},
        "reasoning": {"effort": body.get("reasoning_effort")},
        "temperature": body.get("temperature"),
        "top_p": body.get("top_p"),
    }
    model.check_sampling(flat)
    metadata = check_metadata(body.get("metadata"))
    return CreateRequest(flat, list(_items_of(body["messages"])), model, metadata)


def _flat_tool(name: str, tool: Any) -> Json:
    OBJECT.check(name, tool)
    function = tool.get("function")
    if not isinstance(function, dict) or not function.get("name"):
        raise missing_parameter(f"{name}.function.name")
    return {"type": "function", **function}


def _flat_choice(choice: Any) -> Any:
    if isinstance(choice, dict) and "function" in choice:
        return {"type": "function", "name": choice["function"].get("name")}
    return choice


def _flat_format(given: Json | None) -> Json:
    if given and "json_schema" in given:
        return {"type": "json_schema", **given["json_schema"]}
    return given or {"type": "text"}


def _items_of(messages: list[Any]) -> Iterator[Json]:
    """Yield messages as items. Raises the API's 400 for tool calls without their outputs."""
    pending: list[str] = []
    for index, message in enumerate(messages):
        name = f"messages[{index}]"
        check(message, _MESSAGE, name)
        if message["role"] == "tool":
            call_id = message.get("tool_call_id")
            if call_id not in pending:
                raise bad_request(
                    "Invalid parameter: messages with role 'tool' must be a response to a "
                    "preceeding message with 'tool_calls'.",
                    f"{name}.role",
                )
            pending.remove(call_id)
            yield _item("function_call_output", call_id=call_id, output=message["content"] or "")
            continue
        _check_answered(pending)
        yield from _message(name, message)
        pending = [call["id"] for call in message.get("tool_calls") or []]
    _check_answered(pending)


def _check_answered(pending: list[str]) -> None:
    if pending:
        raise bad_request(
            "An assistant message with 'tool_calls' must be followed by tool messages responding "
            "to each 'tool_call_id'. The following tool_call_ids did not have response messages: "
            + ", ".join(pending),
            "messages",
        )


def _message(name: str, message: Json) -> Iterator[Json]:
    calls, content = message.get("tool_calls") or [], message.get("content")
    if content is None and not calls:
        raise invalid_type(f"{name}.content", "one of a string or array", content)
    if content:
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
        shown = [_part(message["role"], part) for part in parts]
        yield _item("message", role=message["role"], status="completed", content=shown)
    for call in calls:
        yield _item("function_call", call_id=call["id"], status="completed", **call["function"])


def _part(role: str, part: Json) -> Json:
    match part.get("type"):
        case "image_url":
            return {"type": "input_image", "image_url": part["image_url"].get("url")}
        case "text":
            return {**part, "type": "output_text" if role == "assistant" else "input_text"}
    return {**part, "type": "input_file"}


def _item(kind: str, **fields: Any) -> Json:
    return {"id": new_item_id(kind), "type": kind, **fields}
