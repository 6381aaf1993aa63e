"""Follows the provider's stream of one response in a thread, so that its reader never blocks."""

import queue
import threading
from collections.abc import Callable, Iterator

from understudy.domain.base import Json
from understudy.errors import ProviderError
from understudy.observability import logger
from understudy.streaming.live import LiveResponse, MissingEventError

Events = Callable[[str, int], Iterator[Json]]
"""Opens the provider's stream of a response after an event's number; -1 is from the start."""

MAX_WAITING = 1000
"""Events in the queue; the thread waits when a slow client does not take them."""


class ResponseReader:
    """Reads one response's events in a thread and keeps the response as it stands.

    A broken stream is resumed after the newest event, `ATTEMPTS` times without a new event. After
    that, and when the provider no longer streams the response, `has_ended` is true and the
    caller relies on what `CheckStatus` stores.
    """

    ATTEMPTS = 3

    def __init__(self, response_id: str, events: Events) -> None:
        self.response_id = response_id
        self.live = LiveResponse()
        self.has_ended = False
        self._events = events
        self._waiting: queue.Queue[Json | None] = queue.Queue(MAX_WAITING)
        self._is_closed = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()

    def take(self, seconds: float) -> bool:
        """Waits for events and applies those that came. Returns whether there was a new one."""
        is_new = False
        try:
            event = self._waiting.get(timeout=max(seconds, 0.001))
            while True:
                if event is None:
                    self.has_ended = True
                    return is_new
                is_new |= self.live.apply(event)
                event = self._waiting.get_nowait()
        except queue.Empty:
            return is_new

    def close(self) -> None:
        """Ends the thread; it stops at the next event of the provider."""
        self._is_closed.set()

    def _read(self) -> None:
        newest, attempts = -1, 0
        while attempts < self.ATTEMPTS and not self._is_closed.is_set():
            before = newest
            try:
                for event in self._events(self.response_id, newest):
                    number = event.get("sequence_number", newest + 1)
                    if number > newest + 1 and newest >= 0:
                        raise MissingEventError(newest)
                    newest = max(newest, number)
                    if not self._put(event):
                        return
                    if LiveResponse.ends(event):
                        self._put(None)
                        return
            except (ProviderError, MissingEventError) as error:
                logger.warning("response_stream_broken", error=type(error).__name__)
            attempts = attempts + 1 if newest == before else 0
        self._put(None)

    def _put(self, event: Json | None) -> bool:
        """Queues an event. Returns False once the reader is closed."""
        while not self._is_closed.is_set():
            try:
                self._waiting.put(event, timeout=1)
            except queue.Full:
                continue
            return True
        return False
