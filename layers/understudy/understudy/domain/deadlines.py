"""The time limit of a run: the deployment's default, or that of its assistant or its metadata."""

import re
from collections.abc import Mapping
from typing import Final

from understudy.errors import InvalidRequestError

DEADLINE_KEY: Final = "understudy_deadline_seconds"
"""A key in the metadata of an assistant or a run, which clients of OpenAI's API can set."""

MAX_DEADLINE: Final = 24 * 3600
"""Seconds; the state machine's own timeout is an hour longer."""

UNSTARTED_SECONDS: Final = 120
"""How long after its creation a run is first swept: its execution has surely begun by then."""

GRACE_SECONDS: Final = 60
"""How long after its deadline a run is left to its execution, which normally ends it."""

_SECONDS = re.compile(r"[0-9]{1,6}")


def deadline_seconds(default: int, *metadata: Mapping[str, str] | None) -> int:
    """Returns the time limit in seconds, from the first metadata that has one.

    Raises InvalidRequestError unless it is a whole number from 1 to MAX_DEADLINE.
    """
    for known in metadata:
        given = (known or {}).get(DEADLINE_KEY)
        if given is None:
            continue
        if not _SECONDS.fullmatch(given) or not 1 <= int(given) <= MAX_DEADLINE:
            raise InvalidRequestError(
                f"Invalid 'metadata.{DEADLINE_KEY}': expected seconds from 1 to {MAX_DEADLINE}.",
                param=f"metadata.{DEADLINE_KEY}",
                code="invalid_value",
            )
        return int(given)
    return default


def first_sweep(created_at: int, deadline: int) -> int:
    """Returns when a new run is swept for the first time."""
    return min(created_at + UNSTARTED_SECONDS, last_sweep(deadline))


def last_sweep(deadline: int) -> int:
    """Returns when a run is swept that is still open then: the sweep ends it."""
    return deadline + GRACE_SECONDS
