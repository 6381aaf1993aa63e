"""How long a run sleeps before it looks by itself, should nobody ring."""

from typing import Final

BACKOFF: Final = (1, 1, 2, 3, 5, 8, 13, 21, 30)
"""Seconds between checks where no webhook rings. A run of 20 s is checked 7 times, one of 10
minutes 27 times; the last delay repeats until the deadline."""

WEBHOOK_SAFETY: Final = 900
"""Seconds until a run that a webhook should ring for looks by itself."""


def next_delay(checks: int, *, webhooks: bool, remaining: float) -> int:
    """Seconds until the next check, after `checks` checks, never past the run's deadline.

    At least 1, because a task's timeout in Step Functions is a whole number above zero. One
    second is added to what remains, so that the check that follows sees the deadline passed.
    """
    delay = WEBHOOK_SAFETY if webhooks else BACKOFF[min(checks, len(BACKOFF) - 1)]
    return max(1, min(delay, int(remaining) + 1))
