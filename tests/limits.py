"""How long tests wait. No other file of the tests decides on a number of seconds to wait.

A wait ends as soon as its condition holds, so a long limit costs nothing. It only ends a test whose
condition never holds, and must not be reached on a busy machine: waits there take up to twenty
times as long as alone.
"""

import threading
from collections.abc import Callable
from typing import TypeVar

from local.provider import control

Found = TypeVar("Found")

WAIT_SECONDS = control.WAIT_SECONDS
"""600 s: the limit of each wait for a condition, a response or a program; `timeout` of pytest in
`pyproject.toml`, which ends a whole test, is longer."""

BRIEFLY = 0.2
"""How long a test watches for something that must not happen. Too short a time hides a fault on a
busy machine, but cannot fail a test of code without one."""

PAUSE_SECONDS = 0.02
"""Between two checks of a condition that nothing reports."""

TIMEOUT_FACTOR = 20.0
"""`StackOptions.timeout_factor` of the tests' stacks: multiplies real-time limits of local AWS."""


def wait_until(check: Callable[[], Found | None], expected: str) -> Found:
    """Calls `check` until it returns something true, and returns that.

    Raises AssertionError, with what was expected, after WAIT_SECONDS.
    """
    pause = threading.Event()
    for _ in range(int(WAIT_SECONDS / PAUSE_SECONDS)):
        if found := check():
            return found
        pause.wait(PAUSE_SECONDS)
    raise AssertionError(f"{expected} did not happen")
