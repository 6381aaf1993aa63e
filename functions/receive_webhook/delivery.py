"""Verifies a webhook of the provider and wakes the run that waits for its response."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from understudy.domain.webhooks import Delivery, check_age, ended_response, verify
from understudy.ports import Executions
from understudy.runs.wake import wake

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.waits import Waits


@dataclass(frozen=True)
class WebhookReceiver:
    """Receives the provider's webhooks. `secret` returns the signing secret."""

    waits: "Waits"
    executions: Executions
    secret: Callable[[], str]
    now: Callable[[], float]

    def receive(self, delivery: Delivery) -> dict[str, Any]:
        """Wakes the run that waits for the response; returns what happened, for the log.

        Raises InvalidRequestError for a delivery without a valid, recent signature. An unknown
        event or response is accepted, because the provider would deliver it again for days. A
        repeated delivery is harmless: each response is waited for under its own id.
        """
        check_age(delivery, self.now())
        verify(delivery, self.secret())
        response_id = ended_response(delivery)
        if response_id is None:
            return {"event": "other"}
        wait = wake(self.waits, self.executions, response_id)
        return {
            **wait.run,
            "event": "response",
            "response_id": response_id,
            "known": bool(wait.run),
        }
