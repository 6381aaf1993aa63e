"""Answers as JSON: any object, or one that fits a schema."""

from __future__ import annotations

import json
import re
from typing import Any

from local.provider.brain.arguments import fill
from local.provider.brain.prompt import Function, Json, Prompt

_ANSWERS = {
    "answer",
    "response",
    "reply",
    "text",
    "message",
    "result",
    "content",
    "output",
    "explanation",
    "summary",
    "final_answer",
}


def as_json(prompt: Prompt, text: str) -> str:
    """The answer in the JSON format that was asked for; the text itself when it is JSON already."""
    if prompt.answer_format.get("type") == "json_schema":
        return json.dumps(_object(prompt, prompt.answer_format["schema"], text), ensure_ascii=False)
    if text.lstrip().startswith("{"):
        return text
    return json.dumps({"answer": text}, ensure_ascii=False)


def _object(prompt: Prompt, schema: Json, text: str) -> Json:
    schema = _inlined(schema, schema.get("$defs") or schema.get("definitions") or {})
    guessed = fill(Function("answer", "", schema), f"{prompt.question}")[0]
    names = list((schema.get("properties") or {}).items())
    return {
        name: _fitting(name, part, text, guessed.get(name), only=len(names) == 1)
        for name, part in names
    }


def _fitting(name: str, schema: Json, text: str, guessed: Any, *, only: bool) -> Any:
    kind = schema.get("type")
    kinds = kind if isinstance(kind, list) else [kind]
    if schema.get("const") is not None:
        return schema["const"]
    if "string" in kinds and not schema.get("enum") and (name in _ANSWERS or only):
        return text
    if ("integer" in kinds or "number" in kinds) and (
        found := re.findall(r"-?\d[\d,]*\.?\d*", text)
    ):
        value = float(found[-1].replace(",", "").rstrip("."))
        return int(value) if "integer" in kinds else value
    if guessed is not None:
        return guessed
    return None if "null" in kinds else _empty(kinds[0], schema, text)


def _empty(kind: str | None, schema: Json, text: str) -> Any:
    if schema.get("enum"):
        return schema["enum"][0]
    match kind:
        case "boolean":
            return True
        case "integer" | "number":
            return 0
        case "array":
            return []
        case "object":
            return {
                name: _fitting(name, part, text, None, only=False)
                for name, part in (schema.get("properties") or {}).items()
            }
        case _:
            return text


def _inlined(schema: Any, definitions: Json, depth: int = 8) -> Any:
    if isinstance(schema, list):
        return [_inlined(part, definitions, depth) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema and depth:
        name = str(schema["$ref"]).rsplit("/", 1)[-1]
        return _inlined(definitions.get(name, {}), definitions, depth - 1)
    return {key: _inlined(value, definitions, depth) for key, value in schema.items()}
