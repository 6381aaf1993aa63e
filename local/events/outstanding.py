"""Counts what is queued or running, so that a test can wait for the end of it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class NotQuietError(TimeoutError):
    """Events are still queued or running after the time that was given to them."""


class Outstanding:
    """The deliveries that were accepted and are not over, retries and their delays included."""

    def __init__(self) -> None:
        self._count = 0
        self._changed = threading.Condition()

    def begin(self, count: int = 1) -> None:
        """Counts deliveries in, before whoever caused them goes on."""
        with self._changed:
            self._count += count

    def end(self, count: int = 1) -> None:
        """Counts deliveries out."""
        with self._changed:
            self._count -= count
            if self._count == 0:
                self._changed.notify_all()

    @contextmanager
    def one(self) -> Iterator[None]:
        """Counts one delivery for as long as the context lasts."""
        self.begin()
        try:
            yield
        finally:
            self.end()

    def drain(self, timeout: float) -> None:
        """Waits until nothing is left; raises NotQuietError after `timeout` real seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._count == 0, timeout):
                raise NotQuietError(f"{self._count} events are not done after {timeout:g} s")
