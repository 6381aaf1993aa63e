"""Input items: their normal form, and the rule that every call has its output."""

from collections.abc import Iterable, Mapping
from typing import Any

from local.provider.checks import OBJECT, Json, Parameter, check
from local.provider.errors import bad_request, invalid_type, invalid_value
from local.provider.ids import hex_id

_PREFIXES: Mapping[str, str] = {
    "message": "msg",
    "function_call": "fc",
    "function_call_output": "fco",
    "reasoning": "rs",
    "file_search_call": "fs",
    "code_interpreter_call": "ci",
}
_PARTS = {
    "assistant": ["output_text", "refusal"],
    "user": ["input_text", "input_image", "input_file"],
}
_ITEM = {"type": Parameter("a string", required=True, choices=_PREFIXES)}
_CALL_ID = Parameter("a string", required=True, longest=64)
_PARAMETERS = {
    "message": {
        "role": Parameter("a string", choices=("user", "assistant", "system", "developer")),
        "content": Parameter("one of a string or array"),
    },
    "function_call": {
        "call_id": _CALL_ID,
        "name": Parameter("a string", required=True),
        "arguments": Parameter("a string", required=True),
    },
    "function_call_output": {
        "call_id": _CALL_ID,
        "output": Parameter("one of a string or array"),
    },
}


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


def _normalise(name: str, item: Any) -> Json:
    OBJECT.check(name, item)
    normal = {"type": "message" if "role" in item else "", **item}
    check(normal, _ITEM, name)
    kind = normal["type"]
    check(normal, _PARAMETERS.get(kind, {}), name)
    if kind == "message":
        normal["content"] = _content(name, item["role"], item.get("content") or "")
        normal.setdefault("status", "completed")
    if not normal.get("id"):
        normal["id"] = new_item_id(kind)
    return normal


def _content(name: str, role: str, content: str | list[Json]) -> list[Json]:
    supported = _PARTS["assistant" if role == "assistant" else "user"]
    if isinstance(content, str):
        annotations: Json = {"annotations": []} if role == "assistant" else {}
        return [{"type": supported[0], "text": content, **annotations}]
    for index, part in enumerate(content):
        at = f"{name}.content[{index}]"
        OBJECT.check(at, part)
        if part.get("type") not in supported:
            raise invalid_value(at, part.get("type"), supported)
        if part["type"].endswith("_text"):
            check(part, {"text": Parameter("a string", required=part.get("text") is None)}, at)
    return [dict(part) for part in content]
