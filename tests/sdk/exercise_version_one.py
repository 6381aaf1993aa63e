"""What code for version 1 of the API does, with an SDK of that time (1.3 to 1.20).

Takes the API's base URL and a key as arguments; prints a JSON object of what it saw. Runs in an
environment of its own, so it imports nothing of Understudy.
"""

import io
import json
import sys
from typing import Any

from openai import OpenAI

TEXT = b"The harbour of Oslo opens at six in the morning."


def main() -> None:
    client: Any = OpenAI(
        base_url=sys.argv[1], api_key=sys.argv[2], max_retries=0, _strict_response_validation=True
    )
    beta = client.beta
    file = client.files.create(file=("harbour.txt", io.BytesIO(TEXT)), purpose="assistants")
    assistant = beta.assistants.create(
        model="gpt-4-1106-preview",
        instructions="Answer from the files.",
        tools=[{"type": "retrieval"}],
        file_ids=[file.id],
    )
    thread = beta.threads.create()
    message = beta.threads.messages.create(
        thread.id,
        role="user",
        content="When does the harbour open? Search the file.",
        file_ids=[file.id],
    )
    run = beta.threads.runs.create_and_poll(
        thread_id=thread.id, assistant_id=assistant.id, poll_interval_ms=50
    )
    steps = beta.threads.runs.steps.list(run.id, thread_id=thread.id).data
    newest = beta.threads.messages.list(thread.id).data[0]
    seen = {
        "file": file.id,
        "assistant_files": assistant.file_ids,
        "tools": [tool.type for tool in assistant.tools],
        "message_files": message.file_ids,
        "status": run.status,
        "run_tools": [tool.type for tool in run.tools],
        "steps": [step.type for step in steps],
        "answer": newest.content[0].text.value,
    }
    sys.stdout.write(json.dumps(seen))


if __name__ == "__main__":
    main()
