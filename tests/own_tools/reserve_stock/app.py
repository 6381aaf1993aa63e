"""The other Lambda: knows nothing of Understudy but the shape of its calls."""

import sys
from threading import Event
from typing import Any

TOO_MANY = 100
SLOW = 77


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Writes down what it did, so that a test can count it."""
    pieces, call = event["arguments"]["pieces"], event["context"]["tool_call_id"]
    sys.stdout.write(f"{event['tool']} {pieces} for {call}\n")
    sys.stdout.flush()
    if pieces == SLOW:
        Event().wait(8)
    if pieces > TOO_MANY:
        raise ValueError("warehouse-7.internal refused: password=hunter2")
    return {"pieces": pieces, "tenant": event["context"]["tenant"]}
