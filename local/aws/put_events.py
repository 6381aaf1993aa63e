"""Events that were put on EventBridge."""

import json
from typing import Any

from local.aws.calls import Call
from local.aws.recorder import Answer


def put_entries(call: Call, answer: Answer) -> list[dict[str, Any]]:
    """The entries of a PutEvents call that EventBridge accepted, with their EventId."""
    if (call.service, call.operation) != ("events", "PutEvents") or answer.status != 200:
        return []
    results = json.loads(answer.body)["Entries"]
    entries = json.loads(call.body)["Entries"]
    return [
        {**entry, "EventId": result["EventId"]}
        for entry, result in zip(entries, results, strict=True)
        if "EventId" in result
    ]
