"""Files for the tests, and responses about them."""

from __future__ import annotations

from typing import Any

from openai import OpenAI

CSV = b"region,amount\nNorth,10\nSouth,30\nNorth,25\n"
HANDBOOK = b"# Handbook\n\nHolidays are 28 days a year.\n\nThe office opens at eight."
CODE: list[Any] = [{"type": "code_interpreter", "container": {"type": "auto"}}]


def upload(client: OpenAI, name: str, content: bytes, purpose: Any = "user_data") -> str:
    """Upload a file and return its id."""
    return client.files.create(file=(name, content), purpose=purpose).id


def chart(client: OpenAI, **settings: Any) -> Any:
    """A response that draws the CSV."""
    file_id = upload(client, "sales.csv", CSV)
    content = [
        {"type": "input_text", "text": "Draw a bar chart of amount by region."},
        {"type": "input_file", "file_id": file_id},
    ]
    history: Any = [{"role": "user", "content": content}]
    return client.responses.create(model="gpt-4o", input=history, tools=CODE, **settings)


def citation(response: Any) -> Any:
    """The first annotation of a response's message."""
    return response.output[-1].content[0].annotations[0]


def store(client: OpenAI, *names: str) -> str:
    """A vector store with the handbook under these names; returns its id."""
    ids = [upload(client, name, HANDBOOK, "assistants") for name in names]
    made = client.vector_stores.create(name="docs", file_ids=ids)
    return made.id
