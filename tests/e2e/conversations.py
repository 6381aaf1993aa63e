"""Conversations that several end-to-end tests have with the API."""

from collections.abc import Callable, Iterable
from typing import Any

from openai import OpenAI
from openai.types.beta.threads import Run

from local.stack import Stack
from tests.limits import WAIT_SECONDS

POLL_MS = 50
STATUS_CHANGE = "Step Functions Execution Status Change"

SCHEMA_TOOL: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_table_schema",
        "parameters": {"type": "object", "properties": {"table_name": {"type": "string"}}},
    },
}


def start(client: OpenAI, *texts: str, tools: Iterable[Any] = (), **fields: Any) -> Run:
    """Creates a thread with these messages and starts a run on it."""
    assistant = client.beta.assistants.create(model="gpt-6-luna", tools=list(tools))
    thread = client.beta.threads.create(
        messages=[{"role": "user", "content": text} for text in texts]
    )
    return client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, **fields)


def ended(client: OpenAI, run: Run) -> Run:
    """Returns the run when it has ended or requires action."""
    return client.beta.threads.runs.poll(run.id, run.thread_id, poll_interval_ms=POLL_MS)


def answer_of(client: OpenAI, run: Run) -> str:
    """Returns the newest message of the run's thread."""
    newest = client.beta.threads.messages.list(run.thread_id).data[0]
    assert newest.role == "assistant"
    text: str = newest.content[0].text.value  # type: ignore[union-attr]
    return text


def recorded(stack: Stack, run: Run) -> dict[str, Any]:
    """Returns the event of the run's end when its execution has ended and the run is recorded."""
    _event(stack, STATUS_CHANGE, lambda detail: _is_over(detail) and detail["name"] == run.id)
    kind = f"understudy.run.{run.status}"
    event = _event(stack, kind, lambda detail: detail["run_id"] == run.id)
    stack.events.drain(WAIT_SECONDS)
    return event


def _is_over(detail: dict[str, Any]) -> bool:
    return bool(detail["status"] != "RUNNING")


def _event(stack: Stack, kind: str, is_it: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    while True:
        seen = stack.events.seen(kind)
        found = [event["detail"] for event in seen if is_it(event["detail"])]
        if found:
            return dict(found[0])
        stack.events.buses.wait_for(kind, WAIT_SECONDS, count=len(seen) + 1)
