"""A minimal client of the API.

It shares its process with local AWS, and the SDK would take more CPU time than what is measured.
"""

import http.client
import json
import threading
import time
from typing import Any
from urllib.parse import urlsplit

WORKING = {"queued", "in_progress", "cancelling"}


class RefusedError(Exception):
    """The API answered with an error; the text is its body."""


class ApiClient:
    """One connection, kept open. Not thread-safe."""

    def __init__(self, base_url: str, key: str) -> None:
        parts = urlsplit(base_url)
        self._prefix = parts.path
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        self._headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
        self._pause = threading.Event()
        self._poll_after = 1.0
        self.requests = 0

    def close(self) -> None:
        self._connection.close()

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Returns the response's body. Raises RefusedError for a status of 300 or above."""
        self.requests += 1
        text = json.dumps(body) if body is not None else None
        self._connection.request(method, self._prefix + path, text, self._headers)
        response = self._connection.getresponse()
        answer = response.read().decode()
        self._poll_after = int(response.headers.get("openai-poll-after-ms", 1000)) / 1000
        if response.status >= 300:
            raise RefusedError(f"{method} {path}: {response.status} {answer}")
        found: dict[str, Any] = json.loads(answer)
        return found

    def new_assistant(self, *functions: str) -> str:
        """Creates an assistant that may call these functions; returns its id."""
        tools = [
            {
                "type": "function",
                "function": {
                    "name": name,
                    "description": "Made for measuring.",
                    "parameters": {"type": "object", "properties": {}},
                },
            }
            for name in functions
        ]
        body = {"model": "gpt-4o", "instructions": "Be brief.", "tools": tools}
        return str(self.call("POST", "/assistants", body)["id"])

    def new_thread(self) -> str:
        return str(self.call("POST", "/threads", {})["id"])

    def ask(self, thread_id: str, assistant_id: str, question: str) -> str:
        """Adds a message and starts a run; returns the run's id."""
        message = {"role": "user", "content": question}
        self.call("POST", f"/threads/{thread_id}/messages", message)
        run = self.call("POST", f"/threads/{thread_id}/runs", {"assistant_id": assistant_id})
        return str(run["id"])

    def until_settled(
        self, thread_id: str, run_id: str, every: float | None, timeout: float = 120
    ) -> tuple[dict[str, Any], float]:
        """Returns the run when it has ended or waits for the client, and the time of that poll.

        Polls every `every` seconds; with None as often as `openai-poll-after-ms` asks for, as the
        SDK does. Raises TimeoutError.
        """
        over = time.monotonic() + timeout
        while time.monotonic() < over:
            run = self.call("GET", f"/threads/{thread_id}/runs/{run_id}")
            if run["status"] not in WORKING:
                return run, time.time()
            self._pause.wait(self._poll_after if every is None else every)
        raise TimeoutError(f"run {run_id} has not ended after {timeout} s")

    def submit(self, thread_id: str, run: dict[str, Any]) -> None:
        """Submits an output for every call that the run waits for."""
        calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
        outputs = [{"tool_call_id": call["id"], "output": '{"degrees": 21}'} for call in calls]
        path = f"/threads/{thread_id}/runs/{run['id']}/submit_tool_outputs"
        self.call("POST", path, {"tool_outputs": outputs})
