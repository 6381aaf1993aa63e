"""Progress messages on stderr."""

import sys
import time

_started = time.monotonic()


def tell(what: str) -> None:
    """Prints one line with the seconds since the start."""
    print(f"[{time.monotonic() - _started:5.0f} s] {what}", file=sys.stderr, flush=True)
