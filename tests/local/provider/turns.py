"""What the tests of responses say to the model."""

from __future__ import annotations

from typing import Any

from openai import OpenAI
from openai.types.responses import Response

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


def weather_call(
    client: OpenAI, question: str = "What is the weather in Paris and Rome?"
) -> Response:
    return client.responses.create(model=MODEL, input=question, tools=[WEATHER])


def output(call_id: str, text: str = "18 degrees") -> Any:
    """An input item that answers a call."""
    return {"type": "function_call_output", "call_id": call_id, "output": text}
