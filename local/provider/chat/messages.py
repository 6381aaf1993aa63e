"""Chat messages and tools, converted to the items and tools of the Responses API."""

from collections.abc import Iterator
from typing import Any

from local.provider.checks import Json, check_choice, check_type
from local.provider.errors import bad_request, invalid_type, missing_parameter
from local.provider.responses.items import new_item_id

_ROLES = ["system", "assistant", "user", "tool", "developer"]
_PART_TYPES = {"text": "input_text", "image_url": "input_image", "file": "input_file"}


def items_of(messages: Any) -> list[Json]:
    """Return messages as items. Raises the API's 400 for tool calls without their outputs."""
    check_type("messages", messages, "an array")
    if not messages:
        raise bad_request(
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an "
            "empty array instead.",
            "messages",
            "empty_array",
        )
    items: list[Json] = []
    pending: list[str] = []
    for index, message in enumerate(messages):
        name = f"messages[{index}]"
        check_type(name, message, "an object")
        check_choice(f"{name}.role", message.get("role"), _ROLES)
        if message["role"] == "tool":
            call_id = message.get("tool_call_id")
            if call_id not in pending:
                raise bad_request(
                    "Invalid parameter: messages with role 'tool' must be a response to a "
                    "preceeding message with 'tool_calls'.",
                    f"{name}.role",
                )
            pending.remove(call_id)
            items.append(_output(call_id, message))
            continue
        _check_answered(pending)
        items += _message(name, message)
        pending = [call["id"] for call in message.get("tool_calls") or []]
    _check_answered(pending)
    return items


def flat_tool(name: str, tool: Any) -> Json:
    """Return a chat tool in the flat form of the Responses API."""
    check_type(name, tool, "an object")
    function = tool.get("function")
    if not isinstance(function, dict) or not function.get("name"):
        raise missing_parameter(f"{name}.function.name")
    return {"type": "function", **function}


def flat_choice(choice: Any) -> Any:
    """Return a chat `tool_choice` in the flat form."""
    if isinstance(choice, dict) and "function" in choice:
        return {"type": "function", "name": choice["function"].get("name")}
    return choice


def _check_answered(pending: list[str]) -> None:
    if pending:
        raise bad_request(
            "An assistant message with 'tool_calls' must be followed by tool messages responding "
            "to each 'tool_call_id'. The following tool_call_ids did not have response messages: "
            + ", ".join(pending),
            "messages",
        )


def _output(call_id: str, message: Json) -> Json:
    content = message.get("content")
    if isinstance(content, list):
        content = "\n".join(str(part.get("text") or "") for part in content)
    return {
        "id": new_item_id("function_call_output"),
        "type": "function_call_output",
        "call_id": call_id,
        "output": content or "",
    }


def _message(name: str, message: Json) -> Iterator[Json]:
    calls = message.get("tool_calls") or []
    content = message.get("content")
    if content is None and not calls:
        raise invalid_type(f"{name}.content", "one of a string or array", content)
    if content:
        yield {
            "id": new_item_id("message"),
            "type": "message",
            "role": message["role"],
            "status": "completed",
            "content": list(_parts(message["role"], content)),
        }
    for call in calls:
        yield {
            "id": new_item_id("function_call"),
            "type": "function_call",
            "call_id": call["id"],
            "name": call["function"]["name"],
            "arguments": call["function"]["arguments"],
            "status": "completed",
        }


def _parts(role: str, content: str | list[Json]) -> Iterator[Json]:
    text_type = "output_text" if role == "assistant" else "input_text"
    if isinstance(content, str):
        yield {"type": text_type, "text": content}
        return
    for part in content:
        if part.get("type") == "image_url":
            yield {"type": "input_image", "image_url": part["image_url"].get("url")}
        else:
            kind = text_type if part.get("type") == "text" else _PART_TYPES.get(part["type"], "")
            yield {**part, "type": kind}
