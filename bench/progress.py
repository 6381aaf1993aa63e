"""What is going on, for whoever waits."""

import sys
import time

_started = time.monotonic()


def tell(what: str) -> None:
    """One line with the seconds since the start."""
    print(f"[{time.monotonic() - _started:5.0f} s] {what}", file=sys.stderr, flush=True)
