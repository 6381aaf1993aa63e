"""Who makes a call: told by the access key id, which every AWS request carries."""

import base64
import binascii
from dataclasses import dataclass

OUTSIDE = "outside"
STATES = "states"
STATES_ACCESS_KEY = "AKIASTATES"
"""Signs the calls of service integrations of Step Functions."""

_PREFIX = "AKIA"


@dataclass(frozen=True)
class Caller:
    """Who signed a request."""

    name: str
    """The logical id of a function, "states" for service integrations, "outside" for others."""
    worker: int | None = None
    """The number of the function's worker process."""


def access_key(function: str, worker: int) -> str:
    """The access key id of a worker, from which `caller_of` reads the worker back."""
    name = base64.b32encode(f"{function}/{worker}".encode()).decode().rstrip("=")
    return _PREFIX + name


def caller_of(key: str) -> Caller:
    if key == STATES_ACCESS_KEY:
        return Caller(STATES)
    encoded = key.removeprefix(_PREFIX)
    try:
        name = base64.b32decode(encoded + "=" * (-len(encoded) % 8)).decode()
        function, _, worker = name.partition("/")
        return Caller(function, int(worker))
    except (binascii.Error, ValueError):
        return Caller(OUTSIDE)
