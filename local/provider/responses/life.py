"""The life of a response: queued, in progress, then one of four ends, moved on by timers."""

from collections.abc import Callable, Iterator
from functools import partial

from local.provider.account import Account
from local.provider.checks import Json
from local.provider.errors import bad_request
from local.provider.gates import Gates
from local.provider.ids import hex_id
from local.provider.responses.events import DELTA, output_events
from local.provider.responses.items import check_calls_answered, item_text
from local.provider.responses.outcome import Outcome, Worker, cancelled
from local.provider.responses.record import Status, StoredResponse
from local.provider.responses.request import CreateRequest
from local.provider.responses.store import ResponseStore
from local.provider.scripts import Answer, Scripts

_REPLAY_SECONDS = 300
_DISCONNECT_CHECK_SECONDS = 0.1


class Life:
    """Starts, moves on, cancels and ends responses. `ended` is called for each that ends."""

    def __init__(
        self,
        account: Account,
        store: ResponseStore,
        worker: Worker,
        gates: Gates,
        scripts: Scripts,
        ended: Callable[[StoredResponse], None],
    ) -> None:
        self._account = account
        self._changed = account.changed
        self._store = store
        self._worker = worker
        self._gates = gates
        self._scripts = scripts
        self._ended = ended

    def start(self, request: CreateRequest) -> StoredResponse:
        """Accept a request. Raises `ApiError` if its history is not complete."""
        previous = self._store.context_of(request.body.get("previous_response_id"))
        history = previous + request.items
        check_calls_answered(history)
        self._worker.check(request, history)
        text = _searchable(request.items)
        response = StoredResponse(
            id=hex_id("resp"),
            request=request,
            history=history,
            created_at=self._account.clock.seconds(),
            status="queued" if request.background else "in_progress",
            answer=self._scripts.answer("/v1/responses", text, request.metadata) or Answer(),
        )
        with self._changed:
            self._store.add(response)
            self._lifecycle_event(response, "created")
            self._lifecycle_event(response, response.status)
        if request.background:
            self._later(response, response.answer.queued_seconds, "queued", self._begin)
        else:
            self._work(response)
        return response

    def wait(self, response: StoredResponse, timeout: float) -> bool:
        """Block until a response has ended; returns False after `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: response.terminal, timeout)

    def follow(
        self, response: StoredResponse, after: int, left: Callable[[], bool]
    ) -> Iterator[tuple[int, Json]]:
        """Yield the stream's events after a sequence number.

        Ends with the response, or when `left` says that the reader has disconnected.
        """
        number = after + 1
        while True:
            with self._changed:
                while len(response.events) <= number and not response.terminal:
                    if not self._changed.wait(_DISCONNECT_CHECK_SECONDS) and left():
                        return
                new = response.events[number:]
            if not new:
                return
            yield from enumerate(new, number)
            number += len(new)

    def check_streamable(self, response: StoredResponse) -> None:
        """Raise the API's 400 for a response whose stream cannot be read (again)."""
        if not response.request.streamed:
            raise bad_request("This response was not created with stream=true.", "stream")
        if self._account.clock.now() - response.created_at > _REPLAY_SECONDS:
            raise bad_request(
                f"Response with id '{response.id}' can no longer be streamed because it is more "
                "than 5 minutes old."
            )

    def cancel(self, response_id: str) -> StoredResponse:
        """Cancel a background response; idempotent. Raises the API's 400 where it cannot."""
        with self._changed:
            response = self._store.get(response_id)
            if not response.request.background:
                raise bad_request("Cannot cancel a synchronous response.")
            if response.status in {"completed", "failed", "incomplete"}:
                article = "an" if response.status == "incomplete" else "a"
                raise bad_request(f"Cannot cancel {article} {response.status} response.")
            self.abandon(response)
            return response

    def abandon(self, response: StoredResponse) -> None:
        """End a response as cancelled unless it has ended."""
        with self._changed:
            if response.terminal:
                return
            if response.timer is not None:
                response.timer.cancel()
            self._gates.forget(response.id)
            self._account.ledger.note("response", response.id, "cancelled")
            self._end(response, cancelled(response.answer))

    def _begin(self, response: StoredResponse) -> None:
        go_on = partial(self._leave_queue, response)
        if not self._gates.park("queued", response.id, go_on):
            go_on()

    def _leave_queue(self, response: StoredResponse) -> None:
        with self._changed:
            if response.status != "queued":
                return
            self._move(response, "in_progress")
            self._lifecycle_event(response, "in_progress")
        self._work(response)

    def _work(self, response: StoredResponse) -> None:
        if not response.answer.never_ends:
            self._later(response, response.answer.working_seconds, "working", self._finish)

    def _finish(self, response: StoredResponse) -> None:
        go_on = partial(self._leave_work, response)
        if not self._gates.park("in_progress", response.id, go_on):
            go_on()

    def _leave_work(self, response: StoredResponse) -> None:
        if response.status != "in_progress":
            return
        outcome = self._worker.work(response)
        items = [response.rendered_item(item) for item in outcome.streamed or outcome.output]
        events = output_events(items, response.answer.deltas)
        if response.request.streamed:
            self._emit(response, outcome, events)
        else:
            self._end_if_working(response, outcome)

    def _emit(self, response: StoredResponse, outcome: Outcome, events: Iterator[Json]) -> None:
        """Append events until one has to wait for a gate or a timer; then end the response."""
        for event in events:
            if event["type"].endswith(DELTA):
                resume = partial(self._resume, response, outcome, event, events)
                if self._gates.park("delta", response.id, resume):
                    return
                if self._account.speeds.delta:
                    response.timer = self._account.timers.later(self._account.speeds.delta, resume)
                    return
            if not self._append(response, event):
                return
        self._end_if_working(response, outcome)

    def _resume(
        self, response: StoredResponse, outcome: Outcome, event: Json, events: Iterator[Json]
    ) -> None:
        if self._append(response, event):
            self._emit(response, outcome, events)

    def _append(self, response: StoredResponse, event: Json) -> bool:
        with self._changed:
            if response.terminal:
                return False
            response.add_event(event)
            self._changed.notify_all()
            return True

    def _end_if_working(self, response: StoredResponse, outcome: Outcome) -> None:
        with self._changed:
            if response.status == "in_progress":
                self._end(response, outcome)

    def _end(self, response: StoredResponse, outcome: Outcome) -> None:
        response.output = outcome.output
        response.error = outcome.error
        response.incomplete_reason = outcome.incomplete_reason
        response.usage = outcome.usage
        if outcome.status == "completed":
            response.completed_at = self._account.clock.seconds()
        self._move(response, outcome.status)
        if response.answer.error_event and outcome.error is not None:
            response.add_event({"type": "error", "param": None, **outcome.error})
        elif outcome.status != "cancelled":
            self._lifecycle_event(response, outcome.status)
        self._store.finished(response)
        self._ended(response)

    def _move(self, response: StoredResponse, status: Status) -> None:
        response.status = status
        self._account.ledger.counters[f"response.{status}"] += 1
        self._changed.notify_all()

    def _lifecycle_event(self, response: StoredResponse, name: str) -> None:
        if response.request.streamed:
            response.add_event({"type": f"response.{name}", "response": response.rendered()})
            self._changed.notify_all()

    def _later(
        self,
        response: StoredResponse,
        seconds: float | None,
        speed: str,
        step: Callable[[StoredResponse], None],
    ) -> None:
        delay = getattr(self._account.speeds, speed) if seconds is None else seconds
        response.timer = self._account.timers.later(delay, partial(step, response))


def _searchable(items: list[Json]) -> str:
    texts = [item_text(item) for item in items]
    outputs = [str(item["output"]) for item in items if "output" in item]
    return "\n".join([*texts, *outputs])
