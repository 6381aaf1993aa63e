"""Follows the provider's stream of one response in a thread, so that its reader never blocks."""

import queue
import threading
import time
from collections.abc import Callable, Iterator

from understudy.domain.base import Json
from understudy.errors import ProviderError, ProviderRefusedError
from understudy.observability import log_unforeseen, logger
from understudy.streaming.live import LiveResponse, MissingEventError

Events = Callable[[str, int], Iterator[Json]]
"""Opens the provider's stream of a response after an event's number; -1 is from the start."""

MAX_WAITING = 1000
"""Events in the queue; the thread waits when a slow client does not take them."""

ATTEMPTS = 3
"""How often a stream may break in a row without a new event."""

LASTING_SECONDS = 5.0
"""A stream that was silent for longer before it broke does not count as an attempt."""

RETRY_SECONDS = 0.2


class ResponseReader:
    """Reads one response's events in a thread and keeps the response as it stands.

    A broken stream is resumed after the newest event, as long as `is_streamable` returns True.
    After `ATTEMPTS`, and when the provider no longer streams the response, `has_ended` is true and
    the caller relies on what `CheckStatus` stores.
    """

    def __init__(
        self, response_id: str, events: Events, is_streamable: Callable[[], bool] = lambda: True
    ) -> None:
        self.response_id = response_id
        self.live = LiveResponse()
        self.has_ended = False
        self._events = events
        self._is_streamable = is_streamable
        self._waiting: queue.Queue[Json | None] = queue.Queue(MAX_WAITING)
        self._is_closed = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

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

    def _run(self) -> None:
        try:
            self._read()
        except Exception as error:  # noqa: BLE001  the stream continues with what is stored
            log_unforeseen(error)
        finally:
            self._put(None)

    def _read(self) -> None:
        newest, attempts = -1, 0
        while attempts < ATTEMPTS and self._is_streamable() and not self._is_closed.is_set():
            before, started = newest, time.monotonic()
            try:
                for event in self._events(self.response_id, newest):
                    number = event.get("sequence_number", newest + 1)
                    if number > newest + 1 and newest >= 0:
                        raise MissingEventError(newest)
                    newest = max(newest, number)
                    if not self._put(event) or LiveResponse.ends(event):
                        return
            except ProviderRefusedError:
                return  # the response can no longer be streamed
            except (ProviderError, MissingEventError) as error:
                logger.warning("response_stream_broken", error=type(error).__name__)
            is_silent = time.monotonic() - started > LASTING_SECONDS
            attempts = 0 if newest > before or is_silent else attempts + 1
            self._is_closed.wait(RETRY_SECONDS)

    def _put(self, event: Json | None) -> bool:
        """Queues an event. Returns False once the reader is closed."""
        while not self._is_closed.is_set():
            try:
                self._waiting.put(event, timeout=1)
            except queue.Full:
                continue
            return True
        return False
