"""The fake provider's clock, and delayed calls."""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

_log = logging.getLogger(__name__)


class Clock:
    """Seconds since the epoch; a test can move it so that objects expire.

    Only dates and expiries follow it. Delays (queueing, working, retries) run on real time.
    """

    def __init__(self) -> None:
        self._offset = 0.0

    def now(self) -> float:
        """Return the current time with a fraction."""
        return time.time() + self._offset

    def seconds(self) -> int:
        """Return the current time in whole seconds, as API objects have it."""
        return int(self.now())

    def advance(self, seconds: float) -> None:
        """Move the clock forward, or back if negative."""
        self._offset += seconds

    def reset(self) -> None:
        """Return to real time."""
        self._offset = 0.0


class Timer:
    """A call that has not started yet."""

    def __init__(self, call: Callable[[], None]) -> None:
        self.call = call
        self.cancelled = False

    def cancel(self) -> None:
        """Drop the call unless it has started."""
        self.cancelled = True


class Timers:
    """A heap of delayed calls: one thread waits for all of them, a small pool makes them."""

    def __init__(self, workers: int = 8) -> None:
        self._heap: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()
        self._changed = threading.Condition(threading.RLock())
        self._pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="provider")
        self._closed = False
        self._running = 0
        threading.Thread(target=self._watch, name="provider-timers", daemon=True).start()

    def later(self, seconds: float, call: Callable[[], None]) -> Timer:
        """Make `call` after `seconds` of real time."""
        timer = Timer(call)
        with self._changed:
            due = time.monotonic() + max(0.0, seconds)
            heapq.heappush(self._heap, (due, next(self._order), timer))
            self._changed.notify_all()
        return timer

    def pending(self) -> int:
        """Return how many calls are waiting or running."""
        with self._changed:
            return self._running + sum(not timer.cancelled for _, _, timer in self._heap)

    def wait_until_idle(self, timeout: float) -> bool:
        """Block until no call is waiting or running; returns False after `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self.pending(), timeout)

    def clear(self) -> None:
        """Cancel all waiting calls."""
        with self._changed:
            for _, _, timer in self._heap:
                timer.cancel()
            self._heap.clear()

    def close(self) -> None:
        """Stop the thread and the pool; calls that have not started are dropped."""
        self.clear()
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _watch(self) -> None:
        while (timer := self._next_due()) is not None:
            if timer.cancelled:
                self._done()
            else:
                self._pool.submit(timer.call).add_done_callback(self._done)

    def _next_due(self) -> Timer | None:
        with self._changed:
            while not self._closed:
                remaining = self._heap[0][0] - time.monotonic() if self._heap else None
                if remaining is not None and remaining <= 0:
                    self._running += 1
                    return heapq.heappop(self._heap)[2]
                self._changed.wait(remaining)
            return None

    def _done(self, future: Future[Any] | None = None) -> None:
        with self._changed:
            self._running -= 1
            self._changed.notify_all()
        failure = future.exception() if future is not None and not future.cancelled() else None
        if failure is not None:
            _log.error("a delayed call failed", exc_info=failure)
