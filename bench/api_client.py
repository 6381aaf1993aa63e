"""A client of the API as light as one can be, so that measuring it disturbs little.

It shares its process with the AWS stand-in; the SDK would take more of it than what is measured.
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
    """One connection, kept open; not for several threads at once."""

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
        """Raises RefusedError for any answer but a good one."""
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
        """An assistant that may call these functions; its id."""
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
        """A message and a run; the run's id."""
        message = {"role": "user", "content": question}
        self.call("POST", f"/threads/{thread_id}/messages", message)
        run = self.call("POST", f"/threads/{thread_id}/runs", {"assistant_id": assistant_id})
        return str(run["id"])

    def until_settled(
        self, thread_id: str, run_id: str, every: float | None, patience: float = 120
    ) -> tuple[dict[str, Any], float]:
        """The run once it has ended or waits for us, and the Unix time at which that was seen.

        Polls every so many seconds; with None as often as the answers ask for, which the SDK does
        too. Raises TimeoutError.
        """
        over = time.monotonic() + patience
        while time.monotonic() < over:
            run = self.call("GET", f"/threads/{thread_id}/runs/{run_id}")
            if run["status"] not in WORKING:
                return run, time.time()
            self._pause.wait(self._poll_after if every is None else every)
        raise TimeoutError(f"run {run_id} is not over after {patience} s")

    def submit(self, thread_id: str, run: dict[str, Any]) -> None:
        """Answers every call that the run waits for."""
        calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
        outputs = [{"tool_call_id": call["id"], "output": '{"degrees": 21}'} for call in calls]
        path = f"/threads/{thread_id}/runs/{run['id']}/submit_tool_outputs"
        self.call("POST", path, {"tool_outputs": outputs})
