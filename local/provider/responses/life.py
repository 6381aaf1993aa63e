"""The life of a response: queued, in progress, then one of four ends, moved on by timers."""

from collections.abc import Callable, Iterator
from functools import partial

from local.provider.account import Account
from local.provider.checks import Json
from local.provider.errors import ApiError, bad_request
from local.provider.gates import Gates
from local.provider.responses.events import DELTA, output_events
from local.provider.responses.items import check_calls_answered
from local.provider.responses.outcome import DeskFor, Outcome, outcome_of
from local.provider.responses.record import Status, StoredResponse
from local.provider.responses.request import CreateRequest
from local.provider.responses.store import ResponseStore
from local.provider.scripts import Answer, Scripts
from local.provider.test_model.prompt import text_of

_REPLAY_SECONDS = 300
_SYNCHRONOUS_SECONDS = 600.0


class Life:
    """Starts, moves on, cancels and ends responses. `announce` is called for each that ends."""

    def __init__(
        self,
        account: Account,
        store: ResponseStore,
        gates: Gates,
        scripts: Scripts,
        desk_for: DeskFor,
        announce: Callable[[StoredResponse], None],
    ) -> None:
        self._account = account
        self._changed = account.changed
        self._store = store
        self._gates = gates
        self._scripts = scripts
        self._desk_for = desk_for
        self._announce = announce

    def start(
        self, request: CreateRequest, kind: type[StoredResponse] = StoredResponse
    ) -> StoredResponse:
        """Accept a request. Raises `ApiError` if its history is not complete."""
        previous_id = request.body.get("previous_response_id")
        history = self._store.context_of(previous_id) + request.items
        check_calls_answered(history)
        self._desk_for(request, history)
        text = _searchable(request.items)
        response = kind(
            id=kind.new_id(),
            request=request,
            history=history,
            created_at=self._account.clock.now(),
            status="queued" if request.background else "in_progress",
            answer=self._scripts.answer(kind.path, text, request.metadata) or Answer(),
        )
        with self._changed:
            self._store.add(
                response,
                model=request.model.id,
                background=request.background,
                metadata=request.metadata,
                previous_response_id=previous_id,
            )
            self._lifecycle_event(response, "created")
            self._lifecycle_event(response, response.status)
        if request.background:
            self._later(response, response.answer.queued_seconds, "queued", self._begin)
        else:
            self._work(response)
        return response

    def wait(self, response: StoredResponse) -> None:
        """Block until a response has ended. Raises the API's 504 after ten minutes."""
        with self._changed:
            if not self._changed.wait_for(lambda: response.terminal, _SYNCHRONOUS_SECONDS):
                raise ApiError(504, "The request timed out.", kind="server_error")

    def follow(self, response: StoredResponse, after: int = -1) -> Iterator[tuple[int, Json]]:
        """Yield the stream's events after a sequence number, until the response ends."""
        number = after + 1
        while new := self._events_from(response, number):
            yield from enumerate(new, number)
            number += len(new)

    def _events_from(self, response: StoredResponse, number: int) -> list[Json]:
        """Wait for events from a sequence number on; none come after the response's end."""
        with self._changed:
            self._changed.wait_for(lambda: len(response.events) > number or response.terminal)
            return response.events[number:]

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
            if not response.terminal:
                if response.timer is not None:
                    response.timer.cancel()
                self._gates.forget(response.id)
                self._account.ledger.note(response.kind, response.id, "cancelled")
                self._end(response, Outcome("cancelled"))
            return response

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
        outcome = outcome_of(response, self._desk_for)
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
            response.completed_at = self._account.clock.now()
        self._move(response, outcome.status)
        if response.answer.error_event and outcome.error is not None:
            response.add_event({"type": "error", "param": None, **outcome.error})
        elif outcome.status != "cancelled":
            self._lifecycle_event(response, outcome.status)
        self._store.ended(response)
        self._announce(response)

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
    texts = [text_of(item) for item in items]
    outputs = [str(item["output"]) for item in items if "output" in item]
    return "\n".join([*texts, *outputs])
