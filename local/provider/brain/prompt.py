"""What the model reads: instructions, history, tools. Nothing else reaches it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Function:
    """A declared function tool."""

    name: str
    description: str
    parameters: Json

    @property
    def properties(self) -> Mapping[str, Json]:
        """The schema of each parameter."""
        return self.parameters.get("properties") or {}

    @property
    def required(self) -> list[str]:
        """The names of the parameters that must be given."""
        return self.parameters.get("required") or []


@dataclass(frozen=True)
class Result:
    """A call that was made, and the output that came back."""

    name: str
    arguments: Json
    output: str


@dataclass(frozen=True)
class Prompt:
    """One prompt, with the views of it that the skills need."""

    instructions: str
    items: list[Json]
    tools: list[Json] = field(default_factory=list)
    tool_choice: str | Json = "auto"
    parallel: bool = True
    answer_format: Json = field(default_factory=dict)

    @cached_property
    def guidance(self) -> str:
        """Instructions, and all system and developer messages."""
        extra = [text_of(i) for i in self.items if i.get("role") in {"system", "developer"}]
        return "\n".join([self.instructions, *extra]).strip()

    @cached_property
    def functions(self) -> list[Function]:
        """The function tools that may be called."""
        return [
            Function(tool["name"], tool.get("description") or "", tool.get("parameters") or {})
            for tool in self.tools
            if tool["type"] == "function" and self._allowed(tool)
        ]

    @cached_property
    def user_texts(self) -> list[str]:
        """The texts of all user messages, oldest first; the last one is the question."""
        return [text_of(item) for item in self.items if item.get("role") == "user"]

    @cached_property
    def assistant_texts(self) -> list[str]:
        """The texts of all earlier answers, oldest first."""
        return [text_of(item) for item in self.items if item.get("role") == "assistant"]

    @cached_property
    def question(self) -> str:
        """The text of the last user message."""
        return self.user_texts[-1] if self.user_texts else ""

    @cached_property
    def since_question(self) -> list[Json]:
        """The items after the last user message: the work on it so far."""
        for index in range(len(self.items) - 1, -1, -1):
            if self.items[index].get("role") == "user":
                return self.items[index + 1 :]
        return self.items

    @cached_property
    def results(self) -> list[Result]:
        """The function calls made for this question that have an output, in order of the calls."""
        return _results(self.since_question)

    def hosted(self, kind: str) -> Json | None:
        """The declared hosted tool of that type, if it may be used."""
        if self.tool_choice == "none":
            return None
        return next((tool for tool in self.tools if tool["type"] == kind), None)

    def parts(self, kind: str) -> list[Json]:
        """The content parts of a type (`input_image`, `input_file`) in all user messages."""
        return [
            part
            for item in self.items
            if item.get("role") == "user"
            for part in item.get("content") or []
            if part.get("type") == kind
        ]

    def _allowed(self, tool: Json) -> bool:
        if self.tool_choice == "none":
            return False
        if isinstance(self.tool_choice, dict) and self.tool_choice.get("type") == "allowed_tools":
            return tool["name"] in {t.get("name") for t in self.tool_choice.get("tools") or []}
        return True


def text_of(item: Json) -> str:
    """All text of a message, parts joined by newlines."""
    content = item.get("content") or []
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content if part.get("text"))


def _results(items: list[Json]) -> list[Result]:
    outputs = {
        item["call_id"]: _output_text(item["output"])
        for item in items
        if item["type"] == "function_call_output"
    }
    return [
        Result(item["name"], _arguments(item["arguments"]), outputs[item["call_id"]])
        for item in items
        if item["type"] == "function_call" and item["call_id"] in outputs
    ]


def _output_text(output: str | list[Json]) -> str:
    if isinstance(output, str):
        return output
    return "\n".join(str(part.get("text") or "") for part in output)


def _arguments(text: str) -> Json:
    try:
        parsed = json.loads(text)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
