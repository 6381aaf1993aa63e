"""A Lambda function that an operator connects as remote tools; imports nothing of Understudy."""

import sys
from threading import Event
from typing import Any

TOO_MANY = 100


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Writes each call to its log, where tests count it."""
    pieces, call = event["arguments"]["pieces"], event["context"]["tool_call_id"]
    sys.stdout.write(f"{event['tool']} {pieces} for {call}\n")
    sys.stdout.flush()
    if event["tool"].endswith("_slowly"):
        Event().wait(60)
    if pieces > TOO_MANY:
        raise ValueError("warehouse-7.internal refused: password=hunter2")
    return {"pieces": pieces, "tenant": event["context"]["tenant"]}
