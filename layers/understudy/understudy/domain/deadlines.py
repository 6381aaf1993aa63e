"""How long a run may take: the deployment's default, or what an assistant or a run asks for."""

import re
from collections.abc import Mapping
from typing import Final

from understudy.errors import InvalidRequestError

DEADLINE_KEY: Final = "understudy_deadline_seconds"
"""In the metadata of an assistant or of a run, because every client of the original can set it."""

MAX_DEADLINE: Final = 24 * 3600
"""Seconds; the state machine gives up an hour after that."""

_SECONDS = re.compile(r"[0-9]{1,6}")


def deadline_seconds(default: int, *metadata: Mapping[str, str] | None) -> int:
    """The deadline in seconds; of several metadata the first that has one counts.

    Raises InvalidRequestError for what is not a whole number from 1 to MAX_DEADLINE.
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
