"""Counts what is queued or running, so that tests can wait for the end of it."""

import threading


class NotQuietError(TimeoutError):
    """Events are still queued or running after the given time."""


class Outstanding:
    """The number of accepted deliveries that are not over, including retries and their delays."""

    def __init__(self) -> None:
        self._count = 0
        self._changed = threading.Condition()

    def begin(self, count: int = 1) -> None:
        """Counts deliveries in."""
        with self._changed:
            self._count += count

    def end(self, count: int = 1) -> None:
        """Counts deliveries out."""
        with self._changed:
            self._count -= count
            if self._count == 0:
                self._changed.notify_all()

    def drain(self, timeout: float) -> None:
        """Waits until the count is 0; raises NotQuietError after `timeout` real seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._count == 0, timeout):
                raise NotQuietError(f"{self._count} events are not done after {timeout:g} s")
