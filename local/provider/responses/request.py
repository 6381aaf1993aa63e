"""The body of `POST /responses`, checked field by field with the API's error texts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.provider.checks import Json, check_choice, check_metadata, check_range, check_type
from local.provider.checks import require as require_keys
from local.provider.errors import bad_request, not_found
from local.provider.models import Model, find_model
from local.provider.responses.items import normalise_input
from local.provider.test_model.words import word_set

_FIELDS: Mapping[str, frozenset[str]] = {
    "a boolean": word_set("background parallel_tool_calls store stream"),
    "an integer": word_set("max_output_tokens max_tool_calls top_logprobs"),
    "a decimal number": word_set("temperature top_p"),
    "a string": word_set(
        """instructions model previous_response_id prompt_cache_key prompt_cache_retention
        safety_identifier service_tier truncation user"""
    ),
    "an object": word_set(
        """background_options metadata moderation prompt_cache_options reasoning stream_options
        text"""
    ),
    "an array": word_set("context_management include tools"),
    "one of a string or array": word_set("input"),
    "one of a string or object": word_set("conversation tool_choice"),
}
_RANGES = {
    "max_output_tokens": (16, None),
    "max_tool_calls": (1, None),
    "temperature": (None, 2),
    "top_p": (None, 1),
}
_EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"]
_TOOL_TYPES = word_set(
    """function code_interpreter file_search web_search web_search_preview mcp image_generation
    computer_use_preview local_shell shell apply_patch custom"""
)
_TOOL_NEEDS = {
    "function": "name",
    "file_search": "vector_store_ids",
    "code_interpreter": "container",
}
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
    types = {name: expected for expected, names in _FIELDS.items() for name in names}
    for name, value in body.items():
        if name not in types:
            raise bad_request(f"Unknown parameter: '{name}'.", name, "unknown_parameter")
        if value is not None:
            check_type(name, value, types[name])
    require_keys(body, "model")
    _check_continuation(body)
    for name, (minimum, maximum) in _RANGES.items():
        if body.get(name) is not None:
            check_range(name, body[name], minimum, maximum)
    check_choice("truncation", body.get("truncation") or "auto", ["auto", "disabled"])
    effort = (body.get("reasoning") or {}).get("effort")
    check_choice("reasoning.effort", effort or "none", _EFFORTS)
    model = find_model(body["model"])
    model.check_sampling(body)
    for index, tool in enumerate(body.get("tools") or []):
        _check_tool(f"tools[{index}]", tool)
    _check_tool_choice(body)
    items = normalise_input(body.get("input") or [])
    _check_format(body, items)
    return CreateRequest(body, items, model, check_metadata(body.get("metadata")))


def _check_continuation(body: Json) -> None:
    conversation = body.get("conversation")
    if conversation is not None and body.get("previous_response_id") is not None:
        raise bad_request(
            "Mutually exclusive parameters: 'previous_response_id' and 'conversation'. Ensure you "
            "are only providing one of: 'previous_response_id' or 'conversation'.",
            code="mutually_exclusive_parameters",
        )
    if conversation is not None:
        name = conversation if isinstance(conversation, str) else conversation.get("id")
        raise not_found(f"Conversation with id '{name}' not found.")
    if body.get("input") in (None, "", []) and body.get("previous_response_id") is None:
        raise bad_request(MISSING_INPUT, code="missing_required_parameter")


def _check_tool(name: str, tool: Any) -> None:
    check_type(name, tool, "an object")
    require_keys(tool, "type", under=f"{name}.")
    kind = tool["type"]
    check_choice(f"{name}.type", kind, sorted(_TOOL_TYPES))
    if kind in _TOOL_NEEDS and not tool.get(_TOOL_NEEDS[kind]):
        require_keys({}, _TOOL_NEEDS[kind], under=f"{name}.")
    if kind == "function":
        _check_function(name, tool)


def _check_function(name: str, tool: Json) -> None:
    if not re.match(_FUNCTION_NAME, tool["name"]):
        raise bad_request(
            f"Invalid '{name}.name': string does not match pattern. Expected a string that "
            f"matches the pattern '{_FUNCTION_NAME}'.",
            f"{name}.name",
            "invalid_value",
        )
    schema = tool.get("parameters") or {}
    check_type(f"{name}.parameters", schema, "an object")
    missing = set(schema.get("properties") or {}) - set(schema.get("required") or [])
    reason = None
    if schema and schema.get("type") != "object":
        got = f"got 'type: \"{schema.get('type')}\"'."
        reason = f"schema must be a JSON Schema of 'type: \"object\"', {got}"
    elif tool.get("strict") and schema.get("additionalProperties") is not False:
        reason = "In context=(), 'additionalProperties' is required to be supplied and to be false."
    elif tool.get("strict") and missing:
        reason = (
            "In context=(), 'required' is required to be supplied and to be an array including "
            f"every key in properties. Missing '{min(missing)}'."
        )
    if reason:
        message = f"Invalid schema for function '{tool['name']}': {reason}"
        raise bad_request(message, f"{name}.parameters", "invalid_function_parameters")


def _check_tool_choice(body: Json) -> None:
    choice, tools = body.get("tool_choice"), body.get("tools") or []
    if isinstance(choice, str):
        check_choice("tool_choice", choice, ["none", "auto", "required"])
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
        require_keys(given, "name", under="text.format.")
        if not given.get("schema"):
            require_keys({}, "schema", under="text.format.")
    if given.get("type") == "json_object":
        seen = f"{items}{body.get('instructions')}".lower()
        if "json" not in seen and not body.get("previous_response_id"):
            raise bad_request(
                "Response input messages must contain the word 'json' in some form to use "
                "'text.format' of type 'json_object'.",
                "input",
            )
