"""How long a run sleeps before it looks by itself, should nobody ring.

The delays grow with the run's age. That is what bounds the events of an execution, of which Step
Functions takes 25,000: a run of 24 hours looks some 200 times, one of 10 minutes 27 times.
"""

from collections.abc import Sequence
from typing import Final

BACKOFF: Final = (1, 1, 2, 3, 5, 8, 13, 21, 30)
"""Seconds between checks where no webhook rings: a run of 20 s is checked 7 times. The default of
the template's parameter PollSeconds."""

OLDER: Final = 20
"""From a certain age on a run sleeps a 20th of it: no answer is found more than 5 % late."""

WEBHOOK_SAFETY: Final = 60
"""Seconds until a run that a webhook should ring for looks by itself for the first time.

After that it looks when its age has doubled. So a webhook that is lost costs a run no more than
the time it took anyway, and one that comes leaves it with one check.
"""

CLIENT_SAFETY: Final = 60
"""Seconds until a run that waits for its client looks whether a ring was lost."""


def next_delay(
    checks: int,
    *,
    webhooks: bool,
    age: float,
    remaining: float,
    backoff: Sequence[int] = BACKOFF,
) -> int:
    """Seconds until the next check, after `checks` checks of this response.

    `backoff` are the delays while the run is young, of which the last one stays. `age` and
    `remaining` are the run's seconds since its creation and until its deadline.
    """
    if webhooks:
        return bounded(max(WEBHOOK_SAFETY, age), remaining)
    delay = backoff[min(checks, len(backoff) - 1)]
    return bounded(max(delay, age / OLDER), remaining)


def client_delay(*, age: float, remaining: float) -> int:
    """Seconds until a run that waits for its client is looked at, should nobody ring."""
    return bounded(max(CLIENT_SAFETY, age / OLDER), remaining)


def bounded(delay: float, remaining: float) -> int:
    """A delay as a task's timeout in Step Functions: whole seconds, at least 1.

    Never past the run's deadline; one second is added to what remains, so that the check that
    follows sees the deadline passed.
    """
    return max(1, min(int(delay), int(remaining) + 1))
