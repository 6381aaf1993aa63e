"""The responses that can still be read; the oldest ended ones are dropped when too many."""

from collections import Counter

from local.provider.account import Objects
from local.provider.checks import Json
from local.provider.errors import bad_request
from local.provider.responses.record import Status, StoredResponse

KEPT = 2000
"""How many responses are kept, where OpenAI keeps them for 30 days."""


class ResponseStore(Objects[StoredResponse]):
    """Responses by id."""

    missing = "Response with id '{id}' not found."
    deleted_kind = "response"

    def context_of(self, previous_id: str | None) -> list[Json]:
        """Return the items that a continuation of a response starts from. Raises the API's 400."""
        if previous_id is None:
            return []
        with self._changed:
            previous = self.find(previous_id)
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
            return previous.history + previous.output

    def ended(self, response: StoredResponse) -> None:
        """Drop a response that is not stored, or the oldest one that has ended if too many are."""
        with self._changed:
            if not response.request.stored:
                self.remove(response, "expired")
            elif len(self._objects) > KEPT:
                oldest = next(each for each in self._objects.values() if each.terminal)
                self.remove(oldest, "expired")

    def by_status(self) -> dict[Status, int]:
        """Return how many responses are in each status."""
        with self._changed:
            return dict(Counter(response.status for response in self._objects.values()))

    def unfinished(self) -> list[StoredResponse]:
        """Return the responses that are queued or in progress."""
        with self._changed:
            return [each for each in self._objects.values() if not each.terminal]

    def _freed(self, thing: StoredResponse) -> None:
        """End what is left of a response: it does not move on, and its readers stop."""
        if not thing.terminal:
            thing.status = "cancelled"
        thing.over.set()
        self._changed.notify_all()
