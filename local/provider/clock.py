"""The fake provider's clock, and delayed calls."""

import threading
import time
from collections.abc import Callable


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


class Timers:
    """Delayed calls, each in a thread of its own."""

    def __init__(self) -> None:
        self._changed = threading.Condition(threading.RLock())
        self._waiting: set[threading.Timer] = set()
        self._running = 0

    def later(self, seconds: float, call: Callable[[], object]) -> threading.Timer:
        """Make `call` after `seconds` of real time, unless the returned timer is cancelled."""

        def run() -> None:
            with self._changed:
                if timer not in self._waiting:
                    return
                self._waiting.remove(timer)
                self._running += 1
            try:
                call()
            finally:
                with self._changed:
                    self._running -= 1
                    self._changed.notify_all()

        timer = threading.Timer(seconds, run)
        timer.daemon = True
        with self._changed:
            self._drop_cancelled()
            self._waiting.add(timer)
        timer.start()
        return timer

    def pending(self) -> int:
        """Return how many calls are waiting or running."""
        with self._changed:
            self._drop_cancelled()
            return self._running + len(self._waiting)

    def wait_until_idle(self, timeout: float) -> bool:
        """Block until no call is waiting or running; returns False after `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self.pending(), timeout)

    def clear(self) -> None:
        """Cancel all waiting calls."""
        with self._changed:
            for timer in self._waiting:
                timer.cancel()
            self._waiting.clear()

    def _drop_cancelled(self) -> None:
        self._waiting = {timer for timer in self._waiting if not timer.finished.is_set()}
