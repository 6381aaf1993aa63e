"""Verifies a webhook of the provider, stores it, and wakes the run that waits for its response."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from understudy.domain.runs import RunStatus
from understudy.domain.webhooks import Delivery, NotedWebhook, check_age, ended_response, verify
from understudy.ports import Executions
from understudy.runs.wake import wake

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.responses import Responses
    from understudy.adapters.dynamodb.runs import Runs


@dataclass(frozen=True)
class WebhookReceiver:
    """Receives the provider's webhooks. `secret` returns the signing secret."""

    runs: "Runs"
    responses: "Responses"
    executions: Executions
    secret: Callable[[], str]
    now: Callable[[], float]

    def receive(self, delivery: Delivery) -> dict[str, Any]:
        """Wakes the run of the response; returns what happened, for the log.

        Raises InvalidRequestError for a delivery without a valid, recent signature. An unknown
        event or response is accepted, because the provider would deliver it again for days.
        """
        check_age(delivery, self.now())
        verify(delivery, self.secret())
        response_id = ended_response(delivery)
        if response_id is None:
            return {"event": "other"}
        noted = self.responses.note_webhook(response_id, delivery.id)
        woken = self._wake(response_id, noted)
        owner = dict(zip(("tenant", "thread_id", "run_id"), noted.owner or (), strict=False))
        return {
            **owner,
            "event": "response",
            "response_id": response_id,
            "known": noted.owner is not None,
            "again": not noted.is_new,
            "woken": woken,
        }

    def _wake(self, response_id: str, noted: NotedWebhook) -> bool:
        """Wakes the run if it still waits for this response; returns whether it does.

        A repeated delivery wakes the run again: the function may have crashed after it stored the
        first one.
        """
        if noted.owner is None:
            return False
        run = self.runs.get(*noted.owner)
        if run is None or run.response_id != response_id or run.status is not RunStatus.IN_PROGRESS:
            return False
        wake(self.runs, self.executions, run)
        return True
