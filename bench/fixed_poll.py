"""The machine that people write first: our own, with a two-second Wait in place of callbacks."""

import copy
import json
from typing import Any

POLL_SECONDS = 2


def fixed_poll(definition: str) -> str:
    """A definition whose state Wait sleeps for a fixed time; all others stay as they are."""
    machine: dict[str, Any] = copy.deepcopy(json.loads(definition))
    machine["States"]["Wait"] = {
        "Type": "Wait",
        "Seconds": POLL_SECONDS,
        "Next": machine["States"]["Wait"]["Next"],
    }
    return json.dumps(machine)
