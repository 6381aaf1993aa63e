"""The body of `POST /responses`, checked with the API's error texts."""

import re
from dataclasses import dataclass

from local.provider.checks import (
    ARRAY,
    BOOLEAN,
    INTEGER,
    OBJECT,
    STRING,
    Json,
    Parameter,
    check,
    check_metadata,
)
from local.provider.errors import bad_request
from local.provider.models import Model, find_model
from local.provider.responses.items import normalise_input

_PARAMETERS = {
    "model": Parameter("a string", required=True),
    "input": Parameter("one of a string or array"),
    "previous_response_id": STRING,
    "instructions": STRING,
    "tools": ARRAY,
    "tool_choice": Parameter("one of a string or object", choices=("none", "auto", "required")),
    "parallel_tool_calls": BOOLEAN,
    "max_tool_calls": Parameter("an integer", least=1),
    "max_output_tokens": Parameter("an integer", least=16),
    "temperature": Parameter("a decimal number", most=2),
    "top_p": Parameter("a decimal number", most=1),
    "top_logprobs": INTEGER,
    "truncation": Parameter("a string", choices=("auto", "disabled")),
    "reasoning": OBJECT,
    "text": OBJECT,
    "include": ARRAY,
    "metadata": OBJECT,
    "background": BOOLEAN,
    "store": BOOLEAN,
    "stream": BOOLEAN,
    "stream_options": OBJECT,
    "service_tier": STRING,
    "prompt_cache_key": STRING,
    "prompt_cache_retention": STRING,
    "safety_identifier": STRING,
    "user": STRING,
}
_REASONING = {
    "effort": Parameter(
        "a string", choices=("none", "minimal", "low", "medium", "high", "xhigh", "max")
    )
}
_NAMED = Parameter("a string", required=True)
_TOOLS = {
    "function": {"name": _NAMED, "parameters": OBJECT},
    "file_search": {"vector_store_ids": Parameter("an array", required=True)},
    "code_interpreter": {"container": Parameter("one of a string or object", required=True)},
}
_OTHER_TOOLS = ("web_search", "web_search_preview", "mcp", "image_generation", "custom")
_TOOL = {"type": Parameter("a string", required=True, choices=(*_TOOLS, *_OTHER_TOOLS))}
_SCHEMA = {"name": _NAMED, "schema": Parameter("an object", required=True)}
_FUNCTION_NAME = "^[a-zA-Z0-9_-]+$"
MISSING_INPUT = (
    "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation' must be provided."
)


@dataclass(frozen=True)
class CreateRequest:
    """A valid request: the body as given, the items of its input, and the model."""

    body: Json
    items: list[Json]
    model: Model
    metadata: dict[str, str]

    @property
    def background(self) -> bool:
        """Whether the request returns before the response has ended."""
        return bool(self.body.get("background"))

    @property
    def streamed(self) -> bool:
        """Whether the response has a stream of events."""
        return bool(self.body.get("stream"))

    @property
    def stored(self) -> bool:
        """Whether the response can be read later. A background response always can."""
        return self.background or self.body.get("store") is not False

    @property
    def tools(self) -> list[Json]:
        """The declared tools."""
        return self.body.get("tools") or []


def parse_create(body: Json) -> CreateRequest:
    """Check a body. Raises `ApiError` for the first mistake in it."""
    for name in body:
        if name not in _PARAMETERS:
            raise bad_request(f"Unknown parameter: '{name}'.", name, "unknown_parameter")
    check(body, _PARAMETERS)
    if not body.get("input") and body.get("previous_response_id") is None:
        raise bad_request(MISSING_INPUT, code="missing_required_parameter")
    check(body.get("reasoning") or {}, _REASONING, "reasoning")
    model = find_model(body["model"])
    model.check_sampling(body)
    for index, tool in enumerate(body.get("tools") or []):
        _check_tool(f"tools[{index}]", tool)
    _check_tool_choice(body)
    items = normalise_input(body.get("input") or [])
    _check_format(body, items)
    return CreateRequest(body, items, model, check_metadata(body.get("metadata")))


def _check_tool(name: str, tool: Json) -> None:
    check(tool, _TOOL, name)
    check(tool, _TOOLS.get(tool["type"], {}), name)
    if tool["type"] == "function" and not re.match(_FUNCTION_NAME, tool["name"]):
        raise bad_request(
            f"Invalid '{name}.name': string does not match pattern. Expected a string that "
            f"matches the pattern '{_FUNCTION_NAME}'.",
            f"{name}.name",
            "invalid_value",
        )


def _check_tool_choice(body: Json) -> None:
    choice, tools = body.get("tool_choice"), body.get("tools") or []
    if choice == "required" and not tools:
        raise bad_request(
            "Tool choice 'required' must be specified with 'tools' parameter.", "tool_choice"
        )
    if isinstance(choice, dict) and choice.get("type") != "allowed_tools":
        kind, name = choice.get("type"), choice.get("name")
        key, wanted = ("name", name) if kind == "function" else ("type", kind)
        if all(tool.get(key) != wanted for tool in tools):
            raise bad_request(
                f"Tool choice '{name or kind}' not found in 'tools' parameter.", "tool_choice"
            )


def _check_format(body: Json, items: list[Json]) -> None:
    given = (body.get("text") or {}).get("format") or {}
    if given.get("type") == "json_schema":
        check(given, _SCHEMA, "text.format")
    if given.get("type") == "json_object":
        seen = f"{items}{body.get('instructions')}".lower()
        if "json" not in seen and not body.get("previous_response_id"):
            raise bad_request(
                "Response input messages must contain the word 'json' in some form to use "
                "'text.format' of type 'json_object'.",
                "input",
            )
