"""All responses that can still be read; finished ones go, oldest first, when there are too many."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict

from local.provider.checks import Json
from local.provider.errors import bad_request, not_found
from local.provider.ledger import Ledger
from local.provider.options import Limits
from local.provider.responses.record import Status, StoredResponse


class ResponseStore:
    """Responses by id. Bounded by count and by bytes, as OpenAI's are by 30 days."""

    def __init__(self, limits: Limits, ledger: Ledger, changed: threading.Condition) -> None:
        self._limits = limits
        self._ledger = ledger
        self._changed = changed
        self._responses: dict[str, StoredResponse] = {}
        self._finished: OrderedDict[str, int] = OrderedDict()
        self._finished_bytes = 0

    def add(self, response: StoredResponse) -> None:
        """Keep a new response."""
        with self._changed:
            self._responses[response.id] = response
            request = response.request
            self._ledger.note(
                "response",
                response.id,
                "created",
                model=request.model.id,
                background=request.background,
                metadata=request.metadata,
                previous_response_id=request.body.get("previous_response_id"),
            )

    def get(self, response_id: str) -> StoredResponse:
        """The response, or the API's 404."""
        with self._changed:
            if (response := self._responses.get(response_id)) is not None:
                return response
        raise not_found(f"Response with id '{response_id}' not found.")

    def find(self, response_id: str) -> StoredResponse | None:
        """The response, if it is kept."""
        with self._changed:
            return self._responses.get(response_id)

    def context_of(self, previous_id: str | None) -> list[Json]:
        """The items that a continuation of `previous_id` starts from. Raises the API's 400."""
        if previous_id is None:
            return []
        with self._changed:
            previous = self._responses.get(previous_id)
            if previous is None:
                raise bad_request(
                    f"Previous response with id '{previous_id}' not found.",
                    "previous_response_id",
                    "previous_response_not_found",
                )
            if not previous.terminal:
                raise bad_request(
                    f"Previous response with id '{previous_id}' is not completed.",
                    "previous_response_id",
                )
            return previous.context()

    def finished(self, response: StoredResponse) -> None:
        """Count a response that ended among those that may go; forget it if it is not stored."""
        with self._changed:
            if not response.request.stored:
                self._forget(response.id, "expired")
                return
            weight = response.weight
            self._finished[response.id] = weight
            self._finished_bytes += weight
            while self._finished and self._too_many():
                self._forget(next(iter(self._finished)), "expired")

    def delete(self, response_id: str) -> StoredResponse:
        """Remove a response, or raise the API's 404."""
        with self._changed:
            response = self.get(response_id)
            self._forget(response_id, "deleted")
            return response

    def by_status(self) -> dict[Status, int]:
        """How many responses are in each status."""
        with self._changed:
            return dict(Counter(response.status for response in self._responses.values()))

    def unfinished(self) -> list[str]:
        """The ids of the responses that are queued or in progress."""
        with self._changed:
            return [r.id for r in self._responses.values() if not r.terminal]

    def clear(self) -> None:
        """Forget all responses."""
        with self._changed:
            for response in self._responses.values():
                if response.timer is not None:
                    response.timer.cancel()
                if not response.terminal:
                    response.status = "cancelled"
            self._responses.clear()
            self._finished.clear()
            self._finished_bytes = 0

    def _too_many(self) -> bool:
        return (
            len(self._finished) > self._limits.finished_responses
            or self._finished_bytes > self._limits.response_bytes
        )

    def _forget(self, response_id: str, action: str) -> None:
        self._responses.pop(response_id, None)
        self._finished_bytes -= self._finished.pop(response_id, 0)
        self._ledger.note("response", response_id, action)
