"""The access log of the API."""

import threading
from collections import deque
from collections.abc import Callable
from typing import Any

_KEPT_ENTRIES = 1000


class AccessLog:
    """Keeps the last 1,000 entries.

    Field names are those of API Gateway's access logs. Bodies, query strings and headers other
    than User-Agent are never recorded, because they may hold keys and user content.
    """

    def __init__(self, on_entry: Callable[[dict[str, Any]], None] = lambda _: None) -> None:
        """`on_entry` is called with each entry when it is added."""
        self._on_entry = on_entry
        self._entries: deque[dict[str, Any]] = deque(maxlen=_KEPT_ENTRIES)
        self._added = threading.Condition()

    def record(self, entry: dict[str, Any]) -> None:
        """Adds one entry."""
        with self._added:
            self._entries.append(entry)
            self._added.notify_all()
        self._on_entry(entry)

    def entries(self) -> list[dict[str, Any]]:
        """Returns the kept entries, oldest first."""
        with self._added:
            return list(self._entries)

    def wait_for(self, count: int, timeout: float) -> list[dict[str, Any]]:
        """Returns the entries once there are `count`: each is written after its response is sent.

        Raises TimeoutError when there are fewer after `timeout` seconds.
        """
        with self._added:
            if not self._added.wait_for(lambda: len(self._entries) >= count, timeout):
                raise TimeoutError(f"{len(self._entries)} of {count} requests in the access log")
            return list(self._entries)
