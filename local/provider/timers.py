"""Delayed calls: one thread watches the clock for all, a small pool does the work."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

_log = logging.getLogger(__name__)


class Timer:
    """A call that has not happened yet."""

    def __init__(self, call: Callable[[], None]) -> None:
        self.call = call
        self.cancelled = False

    def cancel(self) -> None:
        """Never make the call, unless it has begun."""
        self.cancelled = True


class Timers:
    """A heap of delayed calls."""

    def __init__(self, workers: int = 8) -> None:
        self._heap: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="provider")
        self._closed = False
        self._running = 0
        self._thread = threading.Thread(target=self._watch, name="provider-timers", daemon=True)
        self._thread.start()

    def later(self, seconds: float, call: Callable[[], None]) -> Timer:
        """Make `call` after `seconds` of real time."""
        timer = Timer(call)
        with self._changed:
            due = time.monotonic() + max(0.0, seconds)
            heapq.heappush(self._heap, (due, next(self._order), timer))
            self._changed.notify()
        return timer

    def pending(self) -> int:
        """How many calls wait for their time or are being made."""
        with self._changed:
            return self._running + sum(not timer.cancelled for _, _, timer in self._heap)

    def clear(self) -> None:
        """Cancel everything that waits."""
        with self._changed:
            for _, _, timer in self._heap:
                timer.cancel()
            self._heap.clear()

    def close(self, *, wait: bool = False) -> None:
        """Stop the thread and the pool; calls that have not begun are dropped."""
        self.clear()
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._pool.shutdown(wait=wait, cancel_futures=True)

    def _watch(self) -> None:
        while (timer := self._next_due()) is not None:
            if not timer.cancelled:
                self._pool.submit(timer.call).add_done_callback(self._done)
            else:
                self._done()

    def _next_due(self) -> Timer | None:
        with self._changed:
            while not self._closed:
                if not self._heap:
                    self._changed.wait()
                    continue
                remaining = self._heap[0][0] - time.monotonic()
                if remaining <= 0:
                    self._running += 1
                    return heapq.heappop(self._heap)[2]
                self._changed.wait(remaining)
            return None

    def _done(self, future: Future[Any] | None = None) -> None:
        with self._changed:
            self._running -= 1
        if future is not None:
            _report(future)


def _report(future: Future[Any]) -> None:
    if not future.cancelled() and (failure := future.exception()) is not None:
        _log.error("a delayed call failed", exc_info=failure)
