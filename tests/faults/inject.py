"""Injects one fault into a stack, and knows afterwards whether it occurred."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from local.aws.faults import Fault, Mode
from tests.faults.driver import Driver
from tests.faults.points import INVOCATION, PROVIDER, Point

STEP_TIMEOUT = 61.0
"""Seconds of the virtual clock after which the machine's step times out."""

RETRY_SECONDS = 21.0
"""Seconds of the virtual clock after which a step that timed out is retried at the latest."""

SLOW_SECONDS = 0.3
"""Real seconds that a slow response takes, while the machine's step times out and is retried."""

GIVE_UP_SECONDS = 0.06
"""Real seconds for the machine to notice the timeout. On a busy machine the retry may start later,
which is the order of events of another fault; no invariant depends on it."""

LOOK_SECONDS = 0.002
ONCE_FOR_GOOD = {"error": "ServiceUnavailable", "status": 400}
"""An error that our adapters treat as transient, and that botocore does not retry."""


class Injection:
    """One planned fault."""

    def __init__(self, driver: Driver, point: Point) -> None:
        self._driver = driver
        self._point = point
        self._over = threading.Event()
        self._taken = lambda: False
        self.fired = False

    def plan(self) -> None:
        """Plans the fault; calls are counted from now on."""
        point, driver = self._point, self._driver
        if point.service == INVOCATION:
            driver.invocations.begin(twice=(point.caller, point.nth))
            self._taken = lambda: driver.invocations.doubled
        elif point.service == PROVIDER:
            self._plan_at_provider()
        else:
            extra: dict[str, Any] = dict(ONCE_FOR_GOOD) if point.mode == Mode.ERROR else {}
            faults = driver.stack.aws.faults
            faults.plan(
                Fault(
                    service=point.service,
                    operation=point.operation,
                    nth=point.nth,
                    mode=Mode(point.mode),
                    function=point.caller,
                    seconds=SLOW_SECONDS,
                    **extra,
                )
            )
            self._taken = lambda: bool(faults.fired)

    def watch(self) -> None:
        """Runs beside the scenario: waits for the fault and does the rest of it."""
        while not self._over.wait(LOOK_SECONDS):
            if self._taken():
                self.fired = True
                self._strike()
                return

    def stop(self) -> None:
        """Stops watching. A fault that occurred last still counts."""
        self._over.set()
        self.fired = self.fired or self._taken()

    def _strike(self) -> None:
        if self._point.mode == Mode.SLOW:
            self._driver.stack.aws.clock.advance(STEP_TIMEOUT)
            self._over.wait(GIVE_UP_SECONDS)
            self._driver.stack.aws.clock.advance(RETRY_SECONDS)
        elif self._point.service == PROVIDER and self._point.mode.startswith("crash"):
            self._driver.invocations.kill_running()

    def _plan_at_provider(self) -> None:
        control, match = self._driver.control, _match(self._point.operation)
        harm: dict[str, Any] = {
            Mode.CRASH_BEFORE: {"drop": "before", "delay_seconds": SLOW_SECONDS},
            Mode.CRASH_AFTER: {"delay_seconds": SLOW_SECONDS},
            Mode.ERROR: {"status": 503},
            Mode.THROTTLE: {"status": 429, "headers": {"retry-after": "7"}},
            Mode.LOST_RESPONSE: {"drop": "after"},
            Mode.SLOW: {"delay_seconds": SLOW_SECONDS},
        }[Mode(self._point.mode)]
        number = control.script_fault(match=match, skip=self._point.nth - 1, **harm)
        self._taken = lambda: number in control.scripts_taken()


def _match(operation: str) -> dict[str, str]:
    """Returns what matches the requests of one route, such as `DELETE /files/{id}`."""
    method, _, route = operation.partition(" ")
    return {"method": method, "route": "/v1" + route.replace("{id}", "[^/]+")}


@contextmanager
def injected(driver: Driver, point: Point) -> Iterator[Injection]:
    """Injects one fault while the block runs."""
    injection = Injection(driver, point)
    injection.plan()
    watcher = threading.Thread(target=injection.watch, daemon=True)
    watcher.start()
    try:
        yield injection
    finally:
        injection.stop()
        watcher.join()
