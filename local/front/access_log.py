"""The access log of the HTTP API: one JSON line for each request, kept and optionally written."""

import json
import threading
from collections import deque
from typing import Any, TextIO


class AccessLog:
    """Keeps the last entries and writes each as a JSON line to `stream`, if there is one.

    The fields are named as in API Gateway's access logs. Bodies, query strings and headers
    other than User-Agent are never recorded: they may hold keys and people's texts.
    """

    def __init__(self, stream: TextIO | None = None, keep: int = 1000) -> None:
        self._stream = stream
        self._entries: deque[dict[str, Any]] = deque(maxlen=keep)
        self._added = threading.Condition()

    def record(self, entry: dict[str, Any]) -> None:
        """Adds one entry."""
        line = json.dumps(entry)
        with self._added:
            self._entries.append(entry)
            if self._stream is not None:
                self._stream.write(line + "\n")
                self._stream.flush()
            self._added.notify_all()

    def entries(self) -> list[dict[str, Any]]:
        """The kept entries, oldest first."""
        with self._added:
            return list(self._entries)

    def wait_for(self, count: int, timeout: float) -> list[dict[str, Any]]:
        """The entries once there are `count`: a line is written after its answer is sent.

        Raises TimeoutError when they are not there after `timeout` seconds.
        """
        with self._added:
            if not self._added.wait_for(lambda: len(self._entries) >= count, timeout):
                raise TimeoutError(f"{len(self._entries)} of {count} requests in the access log")
            return list(self._entries)
