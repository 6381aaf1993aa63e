"""How long a run sleeps before it is checked if no callback wakes it.

The delays grow with the run's age, which bounds the events of an execution (Step Functions allows
25,000): a run of 24 hours is checked about 200 times, a run of 10 minutes 27 times.
"""

from collections.abc import Sequence
from typing import Final

BACKOFF: Final = (1, 1, 2, 3, 5, 8, 13, 21, 30)
"""Seconds between checks without webhooks: a run of 20 s is checked 7 times. The default of the
template's parameter PollSeconds."""

OLDER: Final = 20
"""An old run sleeps a 20th of its age, so that a response is found at most 5 % late."""

WEBHOOK_SAFETY: Final = 60
"""Seconds until the first check of a run that a webhook should wake.

After that the run is checked whenever its age has doubled. A lost webhook therefore at most doubles
a run's duration, and a delivered one leaves the run with a single check.
"""

CLIENT_SAFETY: Final = 60
"""Seconds until a run that waits for its client is checked for a lost callback."""


def next_delay(
    checks: int,
    *,
    webhooks: bool,
    age: float,
    remaining: float,
    backoff: Sequence[int] = BACKOFF,
) -> int:
    """Returns the seconds until the next check, after `checks` checks of this response.

    `backoff` has the delays of a young run; its last one repeats. `age` and `remaining` are the
    run's seconds since its creation and until its deadline.
    """
    if webhooks:
        return bounded(max(WEBHOOK_SAFETY, age), remaining)
    delay = backoff[min(checks, len(backoff) - 1)]
    return bounded(max(delay, age / OLDER), remaining)


def client_delay(*, age: float, remaining: float) -> int:
    """Returns the seconds until a run that waits for its client is checked."""
    return bounded(max(CLIENT_SAFETY, age / OLDER), remaining)


def bounded(delay: float, remaining: float) -> int:
    """Returns a delay that fits a task's timeout in Step Functions: whole seconds, at least 1.

    It ends at most one second after the deadline, so that the check which follows sees that the
    deadline has passed.
    """
    return max(1, min(int(delay), int(remaining) + 1))
