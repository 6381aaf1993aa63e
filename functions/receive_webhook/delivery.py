"""A webhook of the provider: checked, noted once, and passed on as a ring of the doorbell."""

from collections.abc import Callable
from typing import Any

from understudy.domain.webhooks import Delivery, check_age, ended_response, verify
from understudy.ports import Ports
from understudy.runs.wake import ring_for_response


def receive_event(ports: Ports, delivery: Delivery, secret: Callable[[], str]) -> dict[str, Any]:
    """Rings for the run that waits for the response; says what came of it, for the log.

    Raises InvalidRequestError for a delivery that the provider did not sign just now. Everything
    else is taken: an unknown event or response is none of our business, and the provider would
    send it again for days.
    """
    check_age(delivery, ports.now())
    verify(delivery, secret())
    response_id = ended_response(delivery)
    if response_id is None:
        return {"event": "other"}
    noted = ports.responses.note_webhook(response_id, delivery.id)
    rung = ring_for_response(ports, response_id, noted)
    owner = dict(zip(("tenant", "thread_id", "run_id"), noted.owner or (), strict=False))
    return {
        **owner,
        "event": "response",
        "response_id": response_id,
        "known": noted.owner is not None,
        "again": not noted.is_new,
        "rung": rung,
    }
