"""Asking the model without a server."""

from __future__ import annotations

import json
from typing import Any

from local.provider.brain.desk import Passage, WrittenFile
from local.provider.brain.prompt import Prompt
from local.provider.brain.think import think
from local.provider.responses.items import normalise_input


class EmptyDesk:
    """No files, no stores: what most prompts have."""

    def search(self, query: str) -> list[Passage]:
        return []

    def container_files(self) -> dict[str, bytes]:
        return {}

    def container_id(self) -> str:
        return "cntr_1"

    def write_file(self, filename: str, content: bytes) -> WrittenFile:
        return WrittenFile("cntr_1", "cfile_1", filename)

    def file_bytes(self, file_id: str) -> bytes:
        return b""


def function(name: str, description: str = "", **properties: Any) -> dict[str, Any]:
    """A function tool whose parameters are all required."""
    parameters = {"type": "object", "properties": properties, "required": list(properties)}
    return {"type": "function", "name": name, "description": description, "parameters": parameters}


def answer(*messages: Any, **settings: Any) -> str:
    """The text for messages of the user (or given items)."""
    given = [{"role": "user", "content": m} if isinstance(m, str) else m for m in messages]
    prompt = Prompt(settings.pop("instructions", ""), normalise_input(given), **settings)
    [item] = think(prompt, EmptyDesk())
    text: str = item["content"][0]["text"]
    return text


def calls(question: str, *tools: dict[str, Any]) -> list[tuple[str, Any]]:
    """The function calls for a question."""
    prompt = Prompt("", normalise_input(question), tools=list(tools))
    items = think(prompt, EmptyDesk())
    made = [item for item in items if item["type"] == "function_call"]
    return [(item["name"], json.loads(item["arguments"])) for item in made]


TEXT = {"type": "string"}
WEATHER = function("get_weather", "Get the current weather in a place", location=TEXT)
MEETING = function("book_meeting", "Book a meeting", attendee=TEXT, day=TEXT, time=TEXT)
