"""What several tests send to the model."""

from __future__ import annotations

from typing import Any

from openai import OpenAI
from openai.types.responses import Response

from local.provider.control import ControlClient

WEATHER: Any = {
    "type": "function",
    "name": "get_weather",
    "description": "Get the weather of a city",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    },
}
MODEL = "gpt-4o"


def start(client: OpenAI, question: str = "Hello", **settings: Any) -> Any:
    """Create a background response."""
    settings = {"model": MODEL, "input": question, "background": True, "store": True, **settings}
    return client.responses.create(**settings)


def two_calls(client: OpenAI, control: ControlClient) -> Response:
    """A response that calls the weather function for Paris and for Rome."""
    cities = [{"name": "get_weather", "arguments": {"city": city}} for city in ("Paris", "Rome")]
    control.script_answer(calls=cities)
    return client.responses.create(model=MODEL, input="How is the weather?", tools=[WEATHER])


def output(call_id: str, text: str = "18 degrees") -> Any:
    """An input item that is the output of a call."""
    return {"type": "function_call_output", "call_id": call_id, "output": text}
