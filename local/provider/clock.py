"""The provider's clock: wall time plus what a test has advanced it by."""

from __future__ import annotations

import threading
import time


class Clock:
    """Seconds since the epoch, movable forward so that things expire on demand.

    Only dates and expiries follow it. Delays (queueing, working, retries) run on real time.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._offset = 0.0

    def now(self) -> float:
        """The current time in seconds, with a fraction."""
        with self._lock:
            return time.time() + self._offset

    def seconds(self) -> int:
        """The current time in whole seconds, as API objects carry it."""
        return int(self.now())

    def advance(self, seconds: float) -> None:
        """Move the clock forward by `seconds`."""
        with self._lock:
            self._offset += seconds

    def reset(self) -> None:
        """Back to wall time."""
        with self._lock:
            self._offset = 0.0
