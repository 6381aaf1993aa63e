"""The body of `POST /responses`, checked field by field with the API's own error texts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.provider.checks import (
    Json,
    check_choice,
    check_maximum,
    check_metadata,
    check_minimum,
    check_type,
)
from local.provider.errors import bad_request, missing_parameter, not_found, unknown_parameter
from local.provider.models import Model, find_model
from local.provider.responses.items import normalise_input

_FIELDS: Mapping[str, str] = {
    "background": "a boolean",
    "background_options": "an object",
    "context_management": "an array",
    "conversation": "one of a string or object",
    "include": "an array",
    "input": "one of a string or array",
    "instructions": "a string",
    "max_output_tokens": "an integer",
    "max_tool_calls": "an integer",
    "metadata": "an object",
    "model": "a string",
    "moderation": "an object",
    "parallel_tool_calls": "a boolean",
    "previous_response_id": "a string",
    "prompt_cache_key": "a string",
    "prompt_cache_options": "an object",
    "prompt_cache_retention": "a string",
    "reasoning": "an object",
    "safety_identifier": "a string",
    "service_tier": "a string",
    "store": "a boolean",
    "stream": "a boolean",
    "stream_options": "an object",
    "temperature": "a decimal number",
    "text": "an object",
    "tool_choice": "one of a string or object",
    "tools": "an array",
    "top_logprobs": "an integer",
    "top_p": "a decimal number",
    "truncation": "a string",
    "user": "a string",
}
_TOOL_TYPES = [
    "function",
    "code_interpreter",
    "file_search",
    "web_search",
    "web_search_preview",
    "mcp",
    "image_generation",
    "computer_use_preview",
    "local_shell",
    "shell",
    "apply_patch",
    "custom",
]
_EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"]
_FUNCTION_NAME = "^[a-zA-Z0-9_-]+$"
_MIN_OUTPUT_TOKENS = 16
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
        """Whether the caller wants to poll."""
        return bool(self.body.get("background"))

    @property
    def stored(self) -> bool:
        """Whether the response can be read later. A background response always can."""
        return self.background or self.body.get("store") is not False

    @property
    def tools(self) -> list[Json]:
        """The declared tools."""
        return self.body.get("tools") or []


def parse_create(body: object) -> CreateRequest:
    """Check a body. Raises `ApiError` for the first thing that is wrong with it."""
    if not isinstance(body, dict):
        raise bad_request("We could not parse the JSON body of your request.")
    for name, value in body.items():
        if name not in _FIELDS:
            raise unknown_parameter(name)
        if value is not None:
            check_type(name, value, _FIELDS[name])
    if body.get("model") is None:
        raise missing_parameter("model")
    _check_continuation(body)
    _check_values(body)
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


def _check_values(body: Json) -> None:
    if (limit := body.get("max_output_tokens")) is not None:
        check_minimum("max_output_tokens", limit, _MIN_OUTPUT_TOKENS)
    if (limit := body.get("max_tool_calls")) is not None:
        check_minimum("max_tool_calls", limit, 1)
    if (temperature := body.get("temperature")) is not None:
        check_maximum("temperature", temperature, 2)
    if (top_p := body.get("top_p")) is not None:
        check_maximum("top_p", top_p, 1)
    if (truncation := body.get("truncation")) is not None:
        check_choice("truncation", truncation, ["auto", "disabled"])
    if (effort := (body.get("reasoning") or {}).get("effort")) is not None:
        check_choice("reasoning.effort", effort, _EFFORTS)
    if body.get("stream"):
        raise bad_request(
            "Unsupported value: 'stream' does not support true with this model.",
            "stream",
            "unsupported_value",
        )


def _check_tool(name: str, tool: Any) -> None:
    check_type(name, tool, "an object")
    if "type" not in tool:
        raise missing_parameter(f"{name}.type")
    check_choice(f"{name}.type", tool["type"], _TOOL_TYPES)
    if tool["type"] == "function":
        _check_function(name, tool)
    if tool["type"] == "file_search" and not tool.get("vector_store_ids"):
        raise missing_parameter(f"{name}.vector_store_ids")
    if tool["type"] == "code_interpreter" and not tool.get("container"):
        raise missing_parameter(f"{name}.container")


def _check_function(name: str, tool: Json) -> None:
    if not tool.get("name"):
        raise missing_parameter(f"{name}.name")
    if not re.match(_FUNCTION_NAME, tool["name"]):
        raise bad_request(
            f"Invalid '{name}.name': string does not match pattern. Expected a string that "
            f"matches the pattern '{_FUNCTION_NAME}'.",
            f"{name}.name",
            "invalid_value",
        )
    parameters = tool.get("parameters") or {}
    check_type(f"{name}.parameters", parameters, "an object")
    if parameters and parameters.get("type") != "object":
        raise _invalid_schema(
            name,
            tool,
            f"schema must be a JSON Schema of 'type: \"object\"', "
            f"got 'type: \"{parameters.get('type')}\"'.",
        )
    if tool.get("strict"):
        if parameters.get("additionalProperties") is not False:
            raise _invalid_schema(
                name,
                tool,
                "In context=(), 'additionalProperties' is required to be supplied and to be false.",
            )
        missing = set(parameters.get("properties") or {}) - set(parameters.get("required") or [])
        if missing:
            raise _invalid_schema(
                name,
                tool,
                "In context=(), 'required' is required to be "
                "supplied and to be an array including every key in "
                f"properties. Missing '{min(missing)}'.",
            )


def _invalid_schema(name: str, tool: Json, reason: str) -> Exception:
    message = f"Invalid schema for function '{tool['name']}': {reason}"
    return bad_request(message, f"{name}.parameters", "invalid_function_parameters")


def _check_tool_choice(body: Json) -> None:
    choice = body.get("tool_choice")
    if isinstance(choice, str):
        check_choice("tool_choice", choice, ["none", "auto", "required"])
    if choice == "required" and not body.get("tools"):
        raise bad_request(
            "Tool choice 'required' must be specified with 'tools' parameter.", "tool_choice"
        )
    if isinstance(choice, dict):
        tools = body.get("tools") or []
        kind, name = choice.get("type"), choice.get("name")
        if kind == "function":
            found = any(tool.get("name") == name for tool in tools)
        else:
            found = kind == "allowed_tools" or any(tool.get("type") == kind for tool in tools)
        if not found:
            raise bad_request(
                f"Tool choice '{name or kind}' not found in 'tools' parameter.", "tool_choice"
            )


def _check_format(body: Json, items: list[Json]) -> None:
    answer_format = (body.get("text") or {}).get("format") or {}
    if answer_format.get("type") == "json_schema":
        for key in ("name", "schema"):
            if not answer_format.get(key):
                raise missing_parameter(f"text.format.{key}")
    if answer_format.get("type") == "json_object":
        seen = f"{items}{body.get('instructions')}".lower()
        if "json" not in seen and not body.get("previous_response_id"):
            raise bad_request(
                "Response input messages must contain the word 'json' in some form to use "
                "'text.format' of type 'json_object'.",
                "input",
            )
