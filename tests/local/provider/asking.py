"""Asking the test model without a server."""

from __future__ import annotations

import json
from typing import Any

from local.provider.responses.items import normalise_input
from local.provider.test_model.prompt import Passage, Prompt, WrittenFile
from local.provider.test_model.respond import respond

TEXT = {"type": "string"}


class EmptyDesk:
    """No attached files but those given as inputs."""

    def __init__(self, **documents: bytes) -> None:
        self._documents = documents

    def search(self, query: str) -> list[Passage]:
        return []

    def container_files(self) -> dict[str, bytes]:
        return {name.replace("_", "."): content for name, content in self._documents.items()}

    def container_id(self) -> str:
        return "cntr_1"

    def write_file(self, filename: str, content: bytes) -> WrittenFile:
        return WrittenFile("cntr_1", "cfile_1", filename)

    def input_files(self) -> dict[str, tuple[str, bytes]]:
        return {name: (name.replace("_", "."), data) for name, data in self._documents.items()}


def function(name: str, *required: str, **properties: Any) -> dict[str, Any]:
    """A function tool."""
    parameters = {"type": "object", "properties": properties, "required": list(required)}
    return {"type": "function", "name": name, "parameters": parameters}


def answer(*messages: Any, desk: EmptyDesk | None = None, **settings: Any) -> str:
    """The text of the answer to messages of the user, or to given items."""
    given = [{"role": "user", "content": m} if isinstance(m, str) else m for m in messages]
    prompt = Prompt(settings.pop("instructions", ""), normalise_input(given), **settings)
    *_, item = respond(prompt, desk or EmptyDesk())
    text: str = item["content"][0]["text"]
    return text


def calls(question: str, *tools: dict[str, Any], **settings: Any) -> list[tuple[str, Any]]:
    """The function calls for a question."""
    prompt = Prompt("", normalise_input(question), tools=list(tools), **settings)
    made = [item for item in respond(prompt, EmptyDesk()) if item["type"] == "function_call"]
    return [(item["name"], json.loads(item["arguments"])) for item in made]
