"""Time at the fake provider: its clock, delayed calls, and how long each step takes."""

import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields


class Clock:
    """Seconds since the epoch; a test can move it so that objects expire.

    Only dates and expiries follow it. Delays (queueing, working, retries) run on real time.
    """

    def __init__(self) -> None:
        self._offset = 0.0

    def now(self) -> int:
        """Return the current time in whole seconds, as API objects have it."""
        return int(time.time() + self._offset)

    def advance(self, seconds: float) -> None:
        """Move the clock forward, or back if negative."""
        self._offset += seconds

    def reset(self) -> None:
        """Return to real time."""
        self._offset = 0.0


@dataclass
class Speeds:
    """How long each step takes, in seconds. `delta` passes before each delta of a stream."""

    queued: float = 0.05
    working: float = 0.3
    delta: float = 0.0
    indexing: float = 0.05
    webhook_retry: float = 0.2
    webhook_timeout: float = 60.0

    def set(self, **seconds: float) -> None:
        """Change some of them. Raises `ValueError` for an unknown name or a negative time."""
        known = {field.name for field in fields(self)}
        for name, value in seconds.items():
            if name not in known or value < 0:
                raise ValueError(
                    f"{name}={value}: expected seconds >= 0 for one of {sorted(known)}"
                )
            setattr(self, name, float(value))

    def reset(self) -> None:
        """Restore the defaults."""
        self.set(**asdict(Speeds()))


class Timers:
    """Delayed calls, each in a thread of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._timers: list[threading.Timer] = []

    def later(self, seconds: float, call: Callable[[], object]) -> threading.Timer:
        """Make `call` after `seconds` of real time, unless the returned timer is cancelled."""
        timer = threading.Timer(seconds, call)
        timer.daemon = True
        with self._lock:
            self._timers = [each for each in self._timers if not each.finished.is_set()]
            self._timers.append(timer)
        timer.start()
        return timer

    def pending(self) -> int:
        """Return how many calls are waiting or running."""
        with self._lock:
            return sum(not each.finished.is_set() for each in self._timers)

    def clear(self) -> None:
        """Cancel all waiting calls."""
        with self._lock:
            for timer in self._timers:
                timer.cancel()
            self._timers.clear()
