"""The life of a response: queued, in progress, then one of four ends."""

import threading
from collections.abc import Callable, Iterator

from local.provider.account import Account
from local.provider.checks import Json
from local.provider.errors import bad_request
from local.provider.gates import STAGES, Gates, Stage
from local.provider.responses.events import DELTA, output_events
from local.provider.responses.items import check_calls_answered
from local.provider.responses.outcome import DeskFor, Outcome, cancelled, outcome_of
from local.provider.responses.record import Status, StoredResponse
from local.provider.responses.request import CreateRequest
from local.provider.responses.store import ResponseStore
from local.provider.scripts import Answer, Scripts
from local.provider.test_model.prompt import text_of

_REPLAY_SECONDS = 300


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
        if request.background or request.streamed:
            threading.Thread(target=self._live, args=(response,), daemon=True).start()
        else:
            self._live(response)
        return response

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
                self._gates.release(STAGES, response.id)
                self._account.ledger.note(response.kind, response.id, "cancelled")
                self._end(response, cancelled(response.answer))
            return response

    def _live(self, response: StoredResponse) -> None:
        """Take a response from its creation to its end, unless it is cancelled before."""
        answer = response.answer
        if response.request.background:
            self._spend(response, "queued", answer.queued_seconds)
            with self._changed:
                if response.terminal:
                    return
                self._move(response, "in_progress")
                self._lifecycle_event(response, "in_progress")
        if answer.never_ends:
            response.over.wait()
        self._spend(response, "in_progress", answer.working_seconds)
        if response.terminal:
            return
        outcome = outcome_of(response, self._desk_for)
        if response.request.streamed:
            items = [response.rendered_item(item) for item in outcome.streamed or outcome.output]
            for event in output_events(items, answer.deltas):
                if event["type"].endswith(DELTA):
                    self._spend(response, "delta")
                if not self._append(response, event):
                    return
        with self._changed:
            if not response.terminal:
                self._end(response, outcome)

    def _spend(self, response: StoredResponse, stage: Stage, seconds: float | None = None) -> None:
        """Take the time of a stage and wait at its gate, unless the response ends meanwhile."""
        speeds = self._account.speeds
        usual = {"queued": speeds.queued, "in_progress": speeds.working, "delta": speeds.delta}
        response.over.wait(usual[stage] if seconds is None else seconds)
        with self._changed:
            passed = None if response.terminal else self._gates.park(stage, response.id)
        if passed is not None:
            passed.wait()

    def _append(self, response: StoredResponse, event: Json) -> bool:
        with self._changed:
            if response.terminal:
                return False
            response.add_event(event)
            self._changed.notify_all()
            return True

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
        response.over.set()
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


def _searchable(items: list[Json]) -> str:
    texts = [text_of(item) for item in items]
    outputs = [str(item["output"]) for item in items if "output" in item]
    return "\n".join([*texts, *outputs])
