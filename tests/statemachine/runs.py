"""Starts and reads runs for the tests of the state machine."""

from typing import Any

from openai import OpenAI
from openai.types.beta.threads import Run

SERVER = [
    {
        "type": "function",
        "function": {
            "name": "get_table_schema",
            "description": "Shows the columns of a table.",
            "parameters": {
                "type": "object",
                "properties": {"table": {"type": "string"}},
                "required": ["table"],
            },
        },
    }
]


CLIENT = [
    {
        "type": "function",
        "function": {
            "name": "book_meeting",
            "description": "Books a meeting.",
            "parameters": {"type": "object", "properties": {"person": {"type": "string"}}},
        },
    }
]


SCHEMA_CALL = {"name": "get_table_schema", "arguments": {"table": "sales"}}


MEETING_CALL = {"name": "book_meeting", "arguments": {"person": "Grace"}}


def start(client: OpenAI, text: str = "Hello", **fields: Any) -> Run:
    """Starts a run on a new thread with one message."""
    assistant = client.beta.assistants.create(
        model="gpt-6-luna", tools=fields.pop("tools", []), instructions="Be brief."
    )
    return client.beta.threads.create_and_run(
        assistant_id=assistant.id,
        thread={"messages": [{"role": "user", "content": text}]},
        **fields,
    )


def now(client: OpenAI, run: Run) -> Run:
    """Returns the current run."""
    return client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)


def thread_is_free(client: OpenAI, run: Run) -> bool:
    """Returns whether the thread accepts a message."""
    client.beta.threads.messages.create(run.thread_id, role="user", content="And then?")
    return True


def without_waiting(path: list[str]) -> list[str]:
    """Returns a path in which repeated checks of a working response count once."""
    found: list[str] = []
    for state in path:
        found.append(state)
        if found[-3:] == ["CheckStatus", "Branch", "Wait"]:
            del found[-3:]
    return found
