"""The responses that can still be read; the oldest finished ones are dropped when too many."""

from collections import Counter, OrderedDict

from local.provider.account import Account, Objects
from local.provider.checks import Json
from local.provider.errors import bad_request
from local.provider.responses.record import Status, StoredResponse


class ResponseStore(Objects[StoredResponse]):
    """Responses by id. Bounded by count and bytes, where OpenAI keeps them for 30 days."""

    kind = "response"
    missing = "Response with id '{id}' not found."

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self._limits = account.options.limits
        self._finished: OrderedDict[str, int] = OrderedDict()
        self._finished_bytes = 0

    def add(self, thing: StoredResponse, **detail: object) -> StoredResponse:
        """Keep a new response."""
        request = thing.request
        return super().add(
            thing,
            model=request.model.id,
            background=request.background,
            metadata=request.metadata,
            previous_response_id=request.body.get("previous_response_id"),
            **detail,
        )

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
            return previous.context()

    def finished(self, response: StoredResponse) -> None:
        """Note that a response ended: it may be dropped from now on, at once if not stored."""
        with self._changed:
            if not response.request.stored:
                self.remove(response, "expired")
                return
            weight = self._finished[response.id] = response.weight
            self._finished_bytes += weight
            while self._finished and self._too_many():
                self.remove(self._objects[next(iter(self._finished))], "expired")

    def by_status(self) -> dict[Status, int]:
        """Return how many responses are in each status."""
        with self._changed:
            return dict(Counter(response.status for response in self._objects.values()))

    def unfinished(self) -> list[str]:
        """Return the ids of the responses that are queued or in progress."""
        with self._changed:
            return [each.id for each in self._objects.values() if not each.terminal]

    def clear(self) -> None:
        """Drop all responses; unfinished ones never end."""
        with self._changed:
            for response in self._objects.values():
                if not response.terminal:
                    response.status = "cancelled"
            super().clear()
            self._finished.clear()
            self._finished_bytes = 0
            self._changed.notify_all()

    def _freed(self, thing: StoredResponse) -> None:
        self._finished_bytes -= self._finished.pop(thing.id, 0)
        if thing.timer is not None:
            thing.timer.cancel()

    def _too_many(self) -> bool:
        return (
            len(self._finished) > self._limits.finished_responses
            or self._finished_bytes > self._limits.response_bytes
        )
