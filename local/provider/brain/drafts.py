"""Output items as the model drafts them; whoever stores them gives them their ids."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from local.provider.brain.prompt import Json


def say(text: str, annotations: Iterable[Json] = ()) -> Json:
    """An assistant's message."""
    part = {"type": "output_text", "text": text, "annotations": list(annotations), "logprobs": []}
    return {"type": "message", "role": "assistant", "status": "completed", "content": [part]}


def call(name: str, arguments: Mapping[str, Any]) -> Json:
    """A function call."""
    return {
        "type": "function_call",
        "name": name,
        "arguments": json.dumps(arguments, ensure_ascii=False),
        "status": "completed",
    }
