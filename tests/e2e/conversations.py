"""What several end-to-end tests say to the API."""

from collections.abc import Iterable
from typing import Any

from openai import OpenAI
from openai.types.beta.threads import Run

POLL_MS = 50

SCHEMA_TOOL: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_table_schema",
        "parameters": {"type": "object", "properties": {"table_name": {"type": "string"}}},
    },
}


def start(client: OpenAI, *texts: str, tools: Iterable[Any] = (), **fields: Any) -> Run:
    """A new thread with these messages, and a run on it."""
    assistant = client.beta.assistants.create(model="gpt-6-luna", tools=list(tools))
    thread = client.beta.threads.create(
        messages=[{"role": "user", "content": text} for text in texts]
    )
    return client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, **fields)


def ended(client: OpenAI, run: Run) -> Run:
    """The run once it has ended or waits for its client."""
    return client.beta.threads.runs.poll(run.id, run.thread_id, poll_interval_ms=POLL_MS)


def answer_of(client: OpenAI, run: Run) -> str:
    """The newest message of the run's thread."""
    newest = client.beta.threads.messages.list(run.thread_id).data[0]
    assert newest.role == "assistant"
    text: str = newest.content[0].text.value  # type: ignore[union-attr]
    return text
