"""The webhook that an application receives when a run has ended, and its signature.

The signature is that of Standard Webhooks (https://www.standardwebhooks.com), so that an
application can check it with any of its libraries.
"""

import json
from datetime import UTC, datetime

from understudy.domain.run_events import event_detail, event_type
from understudy.domain.runs import Run
from understudy.domain.webhooks import signature


def notice(run: Run) -> bytes:
    """Returns the body of the webhook; every delivery of a run's end has the same body."""
    at = datetime.fromtimestamp(run.ended_at or 0, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = {"type": event_type(run), "timestamp": at, "data": event_detail(run)}
    return json.dumps(body, separators=(",", ":")).encode()


def signed_headers(run: Run, body: bytes, secret: str, now: float) -> dict[str, str]:
    """Returns the headers of one delivery. `webhook-id` is the run's id: a run ends once."""
    sent_at = str(int(now))
    return {
        "content-type": "application/json",
        "user-agent": "understudy",
        "webhook-id": run.id,
        "webhook-timestamp": sent_at,
        "webhook-signature": signature(run.id, sent_at, body, secret),
    }
