"""Input items: their normal form, and the rule that every call has its output."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from local.provider.checks import Json, check_choice, check_type, too_long
from local.provider.errors import bad_request, invalid_type, invalid_value, missing_parameter
from local.provider.ids import hex_id

_ROLES = ["user", "assistant", "system", "developer"]
_INPUT_PARTS = ["input_text", "input_image", "input_file"]
_OUTPUT_PARTS = ["output_text", "refusal"]
_CALL_ID_LENGTH = 64
_PREFIXES: Mapping[str, str] = {
    "message": "msg",
    "function_call": "fc",
    "function_call_output": "fco",
    "reasoning": "rs",
    "file_search_call": "fs",
    "code_interpreter_call": "ci",
    "web_search_call": "ws",
    "mcp_call": "mcp",
    "mcp_approval_request": "mcpr",
    "mcp_approval_response": "mcpr",
    "mcp_list_tools": "mcpl",
    "image_generation_call": "ig",
    "custom_tool_call": "ctc",
    "custom_tool_call_output": "ctco",
    "item_reference": "ref",
    "compaction": "cmp",
}


def new_item_id(kind: str) -> str:
    """An id with the prefix that this type of item has."""
    return hex_id(_PREFIXES.get(kind, "item"))


def normalise_input(given: object) -> list[Json]:
    """Input as items: a string is a user's message, string content is a list of parts."""
    if isinstance(given, str):
        given = [{"role": "user", "content": given}]
    if not isinstance(given, list):
        raise invalid_type("input", "one of a string or array", given)
    return [_normalise(f"input[{index}]", item) for index, item in enumerate(given)]


def check_calls_answered(items: Iterable[Json]) -> None:
    """Raise the API's 400 for a call without an output, or an output without a call."""
    called: set[str] = set()
    pending: dict[str, None] = {}
    for item in items:
        if item["type"] == "function_call":
            called.add(item["call_id"])
            pending[item["call_id"]] = None
        elif item["type"] == "function_call_output":
            call_id = item["call_id"]
            if call_id not in called:
                raise bad_request(
                    f"No tool call found for function call output with call_id {call_id}.",
                    "input",
                )
            pending.pop(call_id, None)
    if pending:
        call_id = next(iter(pending))
        raise bad_request(f"No tool output found for function call {call_id}.", "input")


def item_text(item: Json) -> str:
    """All text of a message, parts joined by newlines."""
    return "\n".join(part["text"] for part in item.get("content") or [] if part.get("text"))


def _normalise(name: str, item: Any) -> Json:
    check_type(name, item, "an object")
    kind = item.get("type") or ("message" if "role" in item else None)
    if kind is None:
        raise missing_parameter(f"{name}.type")
    if kind not in _PREFIXES:
        raise invalid_value(f"{name}.type", kind, list(_PREFIXES))
    normal = {**item, "type": kind, "id": item.get("id") or new_item_id(kind)}
    match kind:
        case "message":
            normal["content"] = _content(name, item)
            normal.setdefault("status", "completed")
        case "function_call":
            _require(name, item, "call_id", "name", "arguments")
        case "function_call_output":
            _require(name, item, "call_id", "output")
            if not isinstance(item["output"], (str, list)):
                raise invalid_type(f"{name}.output", "one of a string or array", item["output"])
    return normal


def _require(name: str, item: Json, *keys: str) -> None:
    for key in keys:
        if item.get(key) is None:
            raise missing_parameter(f"{name}.{key}")
    check_type(f"{name}.call_id", item["call_id"], "a string")
    if len(item["call_id"]) > _CALL_ID_LENGTH:
        raise too_long(f"{name}.call_id", _CALL_ID_LENGTH, len(item["call_id"]))


def _content(name: str, item: Json) -> list[Json]:
    role = item.get("role")
    check_choice(f"{name}.role", role, _ROLES)
    supported = _OUTPUT_PARTS if role == "assistant" else _INPUT_PARTS
    content = item.get("content")
    if content is None:
        raise missing_parameter(f"{name}.content")
    if isinstance(content, str):
        part: Json = {"type": supported[0], "text": content}
        if role == "assistant":
            part["annotations"] = []
        return [part]
    check_type(f"{name}.content", content, "an array")
    for index, part in enumerate(content):
        check_type(f"{name}.content[{index}]", part, "an object")
        if part.get("type") not in supported:
            raise invalid_value(f"{name}.content[{index}]", part.get("type"), supported)
        if part["type"] in {"input_text", "output_text"}:
            if "text" not in part:
                raise missing_parameter(f"{name}.content[{index}].text")
            check_type(f"{name}.content[{index}].text", part["text"], "a string")
    return [dict(part) for part in content]
