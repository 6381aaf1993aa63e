"""A remote tool: a Lambda function that knows only the form of the event."""

import sys
from threading import Event
from typing import Any

TOO_MANY = 100
SLOW = 77


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Logs each call, so that a test can count them."""
    pieces, call = event["arguments"]["pieces"], event["context"]["tool_call_id"]
    sys.stdout.write(f"{event['tool']} {pieces} for {call}\n")
    sys.stdout.flush()
    if pieces == SLOW:
        Event().wait(8)
    if pieces > TOO_MANY:
        raise ValueError("warehouse-7.internal refused: password=hunter2")
    return {"pieces": pieces, "tenant": event["context"]["tenant"]}
