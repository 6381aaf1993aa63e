"""What the test model reads (a prompt), reaches (a desk) and writes (output items without ids)."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

Json = dict[str, Any]


@dataclass(frozen=True)
class Passage:
    """A part of a document that file search found."""

    file_id: str
    filename: str
    text: str
    score: float


@dataclass(frozen=True)
class WrittenFile:
    """A file that code interpreter wrote into its container."""

    container_id: str
    file_id: str
    filename: str


class Desk(Protocol):
    """The hosted tools of one response."""

    def search(self, query: str) -> list[Passage]:
        """Return the passages of the attached vector stores that match best."""

    def container_files(self) -> dict[str, bytes]:
        """Return the files in the code interpreter's container, by name."""

    def container_id(self) -> str:
        """Return the container's id; creates the container on first use."""

    def write_file(self, filename: str, content: bytes) -> WrittenFile:
        """Write a file into the container."""

    def input_files(self) -> dict[str, tuple[str, bytes]]:
        """Return the name and content of the files in the input, by id."""


@dataclass(frozen=True)
class Prompt:
    """One request, reduced to what the model uses."""

    instructions: str
    items: list[Json]
    tools: list[Json] = field(default_factory=list)
    tool_choice: str | Json = "auto"
    text_format: Json = field(default_factory=dict)

    @cached_property
    def guidance(self) -> str:
        """The instructions and all system and developer messages."""
        extra = [text_of(i) for i in self.items if i.get("role") in {"system", "developer"}]
        return "\n".join([self.instructions, *extra]).strip()

    @cached_property
    def user_texts(self) -> list[str]:
        """The texts of all user messages, oldest first."""
        return [text_of(item) for item in self.items if item.get("role") == "user"]

    @cached_property
    def question(self) -> str:
        """The text of the last user message."""
        return self.user_texts[-1] if self.user_texts else ""

    @cached_property
    def functions(self) -> list[Json]:
        """The function tools that `tool_choice` allows."""
        choice = self.tool_choice
        if choice == "none":
            return []
        names = None
        if isinstance(choice, dict) and choice.get("type") == "allowed_tools":
            names = {tool.get("name") for tool in choice.get("tools") or []}
        return [
            tool
            for tool in self.tools
            if tool["type"] == "function" and (names is None or tool["name"] in names)
        ]

    @cached_property
    def results(self) -> list[tuple[str, str]]:
        """The names and outputs of the calls made since the last user message."""
        last = max((n for n, i in enumerate(self.items) if i.get("role") == "user"), default=-1)
        recent = self.items[last + 1 :]
        outputs = {i["call_id"]: i["output"] for i in recent if i["type"] == "function_call_output"}
        return [
            (item["name"], _plain(outputs[item["call_id"]]))
            for item in recent
            if item["type"] == "function_call" and item["call_id"] in outputs
        ]

    def has(self, kind: str) -> bool:
        """Tell whether a hosted tool is declared and may be used."""
        return self.tool_choice != "none" and any(tool["type"] == kind for tool in self.tools)


def text_of(item: Json) -> str:
    """Return all text of a message, parts joined by newlines."""
    return "\n".join(part["text"] for part in item.get("content") or [] if part.get("text"))


def say(text: str, annotations: Iterable[Json] = ()) -> Json:
    """Return an assistant message."""
    part = {"type": "output_text", "text": text, "annotations": list(annotations), "logprobs": []}
    return {"type": "message", "role": "assistant", "status": "completed", "content": [part]}


def call(name: str, arguments: Mapping[str, Any] | str) -> Json:
    """Return a function call; arguments given as a string are used as they are."""
    if not isinstance(arguments, str):
        arguments = json.dumps(arguments, ensure_ascii=False)
    return {"type": "function_call", "name": name, "arguments": arguments, "status": "completed"}


def _plain(output: str | list[Json]) -> str:
    if isinstance(output, str):
        return output
    return "\n".join(str(part.get("text") or "") for part in output)
