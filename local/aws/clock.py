"""The clock that every wait of the embedded AWS runs on; tests shorten and skip waits with it."""

import heapq
import itertools
import math
import threading
import time
from collections.abc import Callable

_CROWDED = 256


class Alarm:
    """Something that a clock will do once, unless it is cancelled before."""

    def __init__(self, due: float, ring: Callable[[], None]) -> None:
        self.due = due
        self._ring: Callable[[], None] | None = ring

    @property
    def over(self) -> bool:
        """It rang or was cancelled."""
        return self._ring is None

    def cancel(self) -> None:
        """Safe at any time, also after it rang; what it would have called is let go."""
        self._ring = None

    def ring(self) -> None:
        ring, self._ring = self._ring, None
        if ring is not None:
            ring()


class Clock:
    """Counts driven seconds: real seconds divided by `scale`, plus what `advance` added.

    A scale of 0.02 makes a wait of one second last 20 ms. One thread rings all alarms, so what an
    alarm calls must be short and must not wait.
    """

    def __init__(self, scale: float = 1.0) -> None:
        if scale <= 0:
            raise ValueError("the scale of a clock is above 0")
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
        """Driven seconds since the clock was made."""
        with self._changed:
            return self._now()

    def advance(self, seconds: float) -> None:
        """Let that many driven seconds have passed at once."""
        with self._changed:
            self._skipped += seconds
            self._changed.notify_all()

    def skip(self, at_most: float) -> bool:
        """Let time pass until the next alarm; False where none is due within `at_most` seconds."""
        with self._changed:
            due = min((entry[0] for entry in self._alarms if not entry[2].over), default=math.inf)
            missing = due - self._now()
            if missing > at_most:
                return False
            self._skipped += max(0.0, missing)
            self._changed.notify_all()
            return True

    def alarm(self, seconds: float, ring: Callable[[], None]) -> Alarm:
        """Call `ring` on the clock's thread when that many driven seconds have passed."""
        with self._changed:
            alarm = Alarm(self._now() + seconds, ring)
            self._forget_cancelled()
            heapq.heappush(self._alarms, (alarm.due, next(self._numbers), alarm))
            self._changed.notify_all()
        return alarm

    def await_alarms(self, count: int, real_seconds: float) -> bool:
        """Wait until that many alarms are set, for example before an advance that shall ring them.

        False when they are not set within that many real seconds.
        """

        def set_now() -> bool:
            return sum(not alarm.over for _, _, alarm in self._alarms) >= count

        with self._changed:
            return self._changed.wait_for(set_now, real_seconds)

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Wait until the event is set; False when that many driven seconds passed without it."""
        over = threading.Event()

        def run_out() -> None:
            over.set()
            event.set()

        alarm = self.alarm(seconds, run_out)
        event.wait()
        alarm.cancel()
        return not over.is_set()

    def close(self) -> None:
        """End the clock's thread; alarms that have not rung never will."""
        with self._changed:
            self._closed = True
            self._alarms.clear()
            self._changed.notify_all()
        self._thread.join()

    def _forget_cancelled(self) -> None:
        """Most alarms are cancelled long before they are due."""
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
                alarm.ring()

    def _next_due(self) -> list[Alarm] | None:
        """The alarms that are due, waiting for the first of them; None once closed."""
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
