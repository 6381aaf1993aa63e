"""The clock behind every wait of local AWS; tests shorten and skip waits with it."""

import heapq
import itertools
import math
import threading
import time
from collections.abc import Callable

_CROWDED = 256


class Alarm:
    """A callback at a time of the clock, unless it is cancelled before."""

    def __init__(self, due: float, action: Callable[[], None]) -> None:
        self.due = due
        self._action: Callable[[], None] | None = action

    @property
    def over(self) -> bool:
        """Returns True once it was called or cancelled."""
        return self._action is None

    def cancel(self) -> None:
        """Releases the callback; has no effect after it was called."""
        self._action = None

    def fire(self) -> None:
        """Calls the callback, once."""
        action, self._action = self._action, None
        if action is not None:
            action()


class Clock:
    """Counts virtual seconds: real seconds divided by `scale`, plus what `advance` added.

    With a scale of 0.02 a wait of one second lasts 20 ms. One thread makes all callbacks, so they
    must be short and must not block.
    """

    def __init__(self, scale: float = 1.0) -> None:
        if scale <= 0:
            raise ValueError("the scale of a clock must be above 0")
        self.scale = scale
        self._started = time.monotonic()
        self._skipped = 0.0
        self._alarms: list[tuple[float, int, Alarm]] = []
        self._crowded = _CROWDED
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="clock", daemon=True)
        self._thread.start()

    def now(self) -> float:
        """Returns the virtual seconds since the clock was made."""
        with self._changed:
            return self._now()

    def advance(self, seconds: float) -> None:
        """Skips that many virtual seconds."""
        with self._changed:
            self._skipped += seconds
            self._changed.notify_all()

    def skip(self, at_most: float) -> bool:
        """Skips to the next alarm; returns False if none is due within `at_most` seconds."""
        with self._changed:
            due = min((entry[0] for entry in self._alarms if not entry[2].over), default=math.inf)
            missing = due - self._now()
            if missing > at_most:
                return False
            self._skipped += max(0.0, missing)
            self._changed.notify_all()
            return True

    def alarm(self, seconds: float, action: Callable[[], None]) -> Alarm:
        """Calls `action` on the clock's thread after that many virtual seconds."""
        with self._changed:
            alarm = Alarm(self._now() + seconds, action)
            self._forget_cancelled()
            heapq.heappush(self._alarms, (alarm.due, next(self._numbers), alarm))
            self._changed.notify_all()
        return alarm

    def await_alarms(self, count: int, real_seconds: float) -> bool:
        """Waits until that many alarms are set, for example before advancing past them.

        Returns False when they are not set within that many real seconds.
        """

        def set_now() -> bool:
            return sum(not alarm.over for _, _, alarm in self._alarms) >= count

        with self._changed:
            return self._changed.wait_for(set_now, real_seconds)

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Waits for an event; returns False if that many virtual seconds pass without it."""
        over = threading.Event()

        def run_out() -> None:
            over.set()
            event.set()

        alarm = self.alarm(seconds, run_out)
        event.wait()
        alarm.cancel()
        return not over.is_set()

    def close(self) -> None:
        """Ends the clock's thread; pending alarms are dropped."""
        with self._changed:
            self._closed = True
            self._alarms.clear()
            self._changed.notify_all()
        self._thread.join()

    def _forget_cancelled(self) -> None:
        """Keeps the heap small: most alarms are cancelled long before they are due."""
        if len(self._alarms) < self._crowded:
            return
        self._alarms = [entry for entry in self._alarms if not entry[2].over]
        heapq.heapify(self._alarms)
        self._crowded = max(_CROWDED, 2 * len(self._alarms))

    def _now(self) -> float:
        return (time.monotonic() - self._started) / self.scale + self._skipped

    def _run(self) -> None:
        while (due := self._next_due()) is not None:
            for alarm in due:
                alarm.fire()

    def _next_due(self) -> list[Alarm] | None:
        """Waits for alarms that are due and returns them; None once the clock is closed."""
        with self._changed:
            while not self._closed:
                now = self._now()
                due = []
                while self._alarms and self._alarms[0][0] <= now:
                    due.append(heapq.heappop(self._alarms)[2])
                if due:
                    return due
                pause = (self._alarms[0][0] - now) * self.scale if self._alarms else None
                self._changed.wait(None if pause is None else min(pause, threading.TIMEOUT_MAX))
            return None
