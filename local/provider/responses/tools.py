"""The tools of a request: which there are, and when a function's schema is refused."""

from __future__ import annotations

import re
from typing import Any

from local.provider.checks import Json, check_choice, check_type
from local.provider.errors import bad_request, missing_parameter

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
_FUNCTION_NAME = "^[a-zA-Z0-9_-]+$"


def check_tool(name: str, tool: Any) -> None:
    """Check one tool of a request; `name` is where it stands, such as `tools[0]`."""
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


def check_tool_choice(body: Json) -> None:
    """Check that `tool_choice` is a mode, or one of the request's tools."""
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
