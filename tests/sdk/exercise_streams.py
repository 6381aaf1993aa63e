"""What code that streams runs does, with the openai SDK of this environment.

Takes the API's base URL and a key as arguments; prints a JSON object of what it saw: for each way
to stream, the names of the events, the streamed text, and the names of the handler's callbacks. It
runs in an environment of its own, so it imports nothing of Understudy.
"""

import asyncio
import json
import sys
import warnings
from typing import Any

from openai import AssistantEventHandler, AsyncAssistantEventHandler, AsyncOpenAI, OpenAI

warnings.simplefilter("ignore", DeprecationWarning)
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}
ASK_WEATHER = [{"role": "user", "content": "What is the weather in Oslo?"}]
HELLO = [{"role": "user", "content": "My name is Ada. Hello!"}]
CALLBACKS = (
    "on_end", "on_exception", "on_timeout", "on_run_step_created", "on_run_step_done",
    "on_message_created", "on_message_done", "on_text_created", "on_text_delta", "on_text_done",
    "on_tool_call_created", "on_tool_call_delta", "on_tool_call_done",
)  # fmt: skip


class Seen:
    """What one stream brought."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.callbacks: list[str] = []
        self.text = ""
        self.final = ""

    def event(self, event: Any) -> None:
        self.events.append(event.event)
        if event.event == "thread.message.delta":
            self.text += "".join(part.text.value or "" for part in event.data.delta.content)

    def callback(self, name: str) -> None:
        if name not in self.callbacks:
            self.callbacks.append(name)


def handler_of(seen: Seen) -> Any:
    """Returns an event handler that records its callbacks."""

    def recording(name: str) -> Any:
        return lambda *_: seen.callback(name)

    recorders = {name: recording(name) for name in CALLBACKS}
    return type("Handler", (AssistantEventHandler,), recorders)()


def async_handler_of(seen: Seen) -> Any:
    """Returns an asynchronous event handler that records its callbacks."""

    def recording(name: str) -> Any:
        async def callback(*_: Any) -> None:
            seen.callback(name)

        return callback

    recorders = {name: recording(name) for name in CALLBACKS}
    return type("Handler", (AsyncAssistantEventHandler,), recorders)()


class Sync:
    """The ways to stream with the synchronous client."""

    def __init__(self, base_url: str, key: str) -> None:
        self.client: Any = OpenAI(base_url=base_url, api_key=key, max_retries=0)
        self.assistant = self.client.beta.assistants.create(model="gpt-4o", tools=[WEATHER])
        self.runs = self.client.beta.threads.runs

    def followed(self, manager: Any, seen: Seen) -> Any:
        with manager as stream:
            for event in stream:
                seen.event(event)
            messages = stream.get_final_messages() if seen.text else []
            seen.final = "".join(part.text.value for m in messages for part in m.content)
            return stream.get_final_run()

    def raw(self) -> Seen:
        seen = Seen()
        thread = self.client.beta.threads.create(messages=HELLO)
        for event in self.runs.create(thread.id, assistant_id=self.assistant.id, stream=True):
            seen.event(event)
        return seen

    def handled(self) -> Seen:
        seen = Seen()
        thread = self.client.beta.threads.create(messages=HELLO)
        self.followed(
            self.runs.stream(
                thread_id=thread.id,
                assistant_id=self.assistant.id,
                event_handler=handler_of(seen),
            ),
            seen,
        )
        return seen

    def with_outputs(self) -> tuple[Seen, Seen]:
        first, second = Seen(), Seen()
        run = self.followed(
            self.client.beta.threads.create_and_run_stream(
                assistant_id=self.assistant.id,
                thread={"messages": ASK_WEATHER},
                event_handler=handler_of(first),
            ),
            first,
        )
        calls = run.required_action.submit_tool_outputs.tool_calls
        self.followed(
            self.runs.submit_tool_outputs_stream(
                run_id=run.id,
                thread_id=run.thread_id,
                tool_outputs=[{"tool_call_id": call.id, "output": "rain"} for call in calls],
                event_handler=handler_of(second),
            ),
            second,
        )
        return first, second


class Async:
    """The ways to stream with the asynchronous client."""

    def __init__(self, base_url: str, key: str, assistant_id: str) -> None:
        self.client: Any = AsyncOpenAI(base_url=base_url, api_key=key, max_retries=0)
        self.assistant_id = assistant_id

    async def run(self) -> tuple[Seen, Seen]:
        raw, handled = Seen(), Seen()
        threads = self.client.beta.threads
        thread = await threads.create(messages=HELLO)
        stream = await threads.runs.create(thread.id, assistant_id=self.assistant_id, stream=True)
        async for event in stream:
            raw.event(event)
        thread = await threads.create(messages=HELLO)
        async with threads.runs.stream(
            thread_id=thread.id,
            assistant_id=self.assistant_id,
            event_handler=async_handler_of(handled),
        ) as stream:
            async for event in stream:
                handled.event(event)
            messages = await stream.get_final_messages()
            handled.final = "".join(part.text.value for m in messages for part in m.content)
        return raw, handled


def main(base_url: str, key: str) -> None:
    sync = Sync(base_url, key)
    first, second = sync.with_outputs()
    async_raw, async_handled = asyncio.run(Async(base_url, key, sync.assistant.id).run())
    seen = {
        "raw": sync.raw(),
        "handled": sync.handled(),
        "called": first,
        "outputs": second,
        "async_raw": async_raw,
        "async_handled": async_handled,
    }
    sys.stdout.write(json.dumps({name: vars(each) for name, each in seen.items()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
