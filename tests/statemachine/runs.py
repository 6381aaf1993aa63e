"""Runs as the tests of the state machine start and see them."""

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
    """A run on a new thread with one message."""
    assistant = client.beta.assistants.create(
        model="gpt-6-luna", tools=fields.pop("tools", []), instructions="Be brief."
    )
    return client.beta.threads.create_and_run(
        assistant_id=assistant.id,
        thread={"messages": [{"role": "user", "content": text}]},
        **fields,
    )


def now(client: OpenAI, run: Run) -> Run:
    """The run as it is now."""
    return client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)


def thread_is_free(client: OpenAI, run: Run) -> bool:
    """Whether the thread takes a message."""
    client.beta.threads.messages.create(run.thread_id, role="user", content="And then?")
    return True


def without_waiting(path: list[str]) -> list[str]:
    """A path with its repeated looks at a working model as one."""
    found: list[str] = []
    for state in path:
        found.append(state)
        if found[-3:] == ["CheckStatus", "Branch", "Wait"]:
            del found[-3:]
    return found
