"""Input items: their normal form, and the rule that every call has its output."""

from collections.abc import Iterable, Mapping
from typing import Any

from local.provider.checks import Json, check_choice, check_length, check_type, require
from local.provider.errors import bad_request, invalid_type, invalid_value
from local.provider.ids import hex_id

_ROLES = ["user", "assistant", "system", "developer"]
_INPUT_PARTS = ["input_text", "input_image", "input_file"]
_OUTPUT_PARTS = ["output_text", "refusal"]
_CALL_ID_LENGTH = 64
_PREFIXES: Mapping[str, str] = dict(
    pair.split(":")
    for pair in [
        "message:msg",
        "function_call:fc",
        "function_call_output:fco",
        "reasoning:rs",
        "file_search_call:fs",
        "code_interpreter_call:ci",
        "web_search_call:ws",
        "mcp_call:mcp",
        "mcp_approval_request:mcpr",
        "mcp_approval_response:mcpr",
        "mcp_list_tools:mcpl",
        "image_generation_call:ig",
        "custom_tool_call:ctc",
        "custom_tool_call_output:ctco",
        "item_reference:ref",
        "compaction:cmp",
    ]
)


def new_item_id(kind: str) -> str:
    """Return an id with the prefix of this type of item."""
    return hex_id(_PREFIXES.get(kind, "item"))


def normalise_input(given: object) -> list[Json]:
    """Return input as items: a string is a user message, string content is a list of parts."""
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
    """Return all text of a message, parts joined by newlines."""
    return "\n".join(part["text"] for part in item.get("content") or [] if part.get("text"))


def _normalise(name: str, item: Any) -> Json:
    check_type(name, item, "an object")
    kind = item.get("type") or ("message" if "role" in item else "")
    require({"type": kind}, "type", under=f"{name}.")
    check_choice(f"{name}.type", kind, _PREFIXES)
    normal = {**item, "type": kind, "id": item.get("id") or new_item_id(kind)}
    match kind:
        case "message":
            normal["content"] = _content(name, item)
            normal.setdefault("status", "completed")
        case "function_call":
            _check_call(name, item, "name")
            if item.get("arguments") is None:
                require({}, "arguments", under=f"{name}.")
        case "function_call_output":
            _check_call(name, item)
            if item.get("output") is None:
                require({}, "output", under=f"{name}.")
            check_type(f"{name}.output", item["output"], "one of a string or array")
    return normal


def _check_call(name: str, item: Json, *keys: str) -> None:
    require(item, "call_id", *keys, under=f"{name}.")
    check_type(f"{name}.call_id", item["call_id"], "a string")
    check_length(f"{name}.call_id", item["call_id"], _CALL_ID_LENGTH)


def _content(name: str, item: Json) -> list[Json]:
    role, content = item.get("role"), item.get("content", "")
    check_choice(f"{name}.role", role, _ROLES)
    supported = _OUTPUT_PARTS if role == "assistant" else _INPUT_PARTS
    if item.get("content") is None:
        require({}, "content", under=f"{name}.")
    if isinstance(content, str):
        annotations: Json = {"annotations": []} if role == "assistant" else {}
        return [{"type": supported[0], "text": content, **annotations}]
    check_type(f"{name}.content", content, "an array")
    for index, part in enumerate(content):
        at = f"{name}.content[{index}]"
        check_type(at, part, "an object")
        if part.get("type") not in supported:
            raise invalid_value(at, part.get("type"), supported)
        if part["type"].endswith("_text"):
            if part.get("text") != "":
                require(part, "text", under=f"{at}.")
            check_type(f"{at}.text", part["text"], "a string")
    return [dict(part) for part in content]
