"""The life of a response: queued, in progress, then one of four ends, moved on by timers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

from local.provider.brain.small_talk import takes_long
from local.provider.checks import Json
from local.provider.clock import Clock
from local.provider.errors import bad_request
from local.provider.gates import Gates
from local.provider.ids import hex_id
from local.provider.ledger import Ledger
from local.provider.options import Speeds
from local.provider.responses.items import check_calls_answered, item_text
from local.provider.responses.outcome import Outcome, Worker
from local.provider.responses.record import Status, StoredResponse
from local.provider.responses.request import CreateRequest
from local.provider.responses.store import ResponseStore
from local.provider.scripts import Answer, Scripts
from local.provider.timers import Timers

_NO_ANSWER = Answer()


class Life:
    """Starts, moves on, cancels and ends responses. `ended` is told of each that ends."""

    def __init__(
        self,
        *,
        store: ResponseStore,
        worker: Worker,
        timers: Timers,
        gates: Gates,
        scripts: Scripts,
        ledger: Ledger,
        clock: Clock,
        changed: threading.Condition,
        ended: Callable[[StoredResponse], None],
    ) -> None:
        self.speeds = Speeds()
        self._store = store
        self._worker = worker
        self._timers = timers
        self._gates = gates
        self._scripts = scripts
        self._ledger = ledger
        self._clock = clock
        self._changed = changed
        self._ended = ended

    def start(self, request: CreateRequest) -> StoredResponse:
        """Accept a request. Raises `ApiError` when its history does not add up."""
        previous = self._store.context_of(request.body.get("previous_response_id"))
        history = previous + request.items
        check_calls_answered(history)
        self._worker.check(request, history)
        answer = self._scripts.answer("/v1/responses", _searchable(request.items), request.metadata)
        response = StoredResponse(
            id=hex_id("resp"),
            request=request,
            history=history,
            created_at=self._clock.seconds(),
            status="queued" if request.background else "in_progress",
            answer=answer,
        )
        self._store.add(response)
        self._set_going(response)
        return response

    def wait(self, response: StoredResponse, timeout: float) -> bool:
        """Block until a response has ended; False after `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: response.terminal, timeout)

    def cancel(self, response_id: str) -> StoredResponse:
        """Cancel a background response; again if need be. Raises the API's 400 where it cannot."""
        with self._changed:
            response = self._store.get(response_id)
            if not response.request.background:
                raise bad_request("Cannot cancel a synchronous response.")
            if response.status in {"completed", "failed", "incomplete"}:
                article = "an" if response.status == "incomplete" else "a"
                raise bad_request(f"Cannot cancel {article} {response.status} response.")
            if response.status != "cancelled":
                if response.timer is not None:
                    response.timer.cancel()
                self._gates.forget(response_id)
                self._ledger.note("response", response_id, "cancelled")
                self._end(response, Outcome("cancelled"))
            return response

    def _set_going(self, response: StoredResponse) -> None:
        if response.request.background:
            answer = response.answer or _NO_ANSWER
            seconds = answer.queued_seconds
            self._later(response, self.speeds.queued if seconds is None else seconds, self._begin)
        else:
            self._work(response)

    def _begin(self, response: StoredResponse) -> None:
        go_on = partial(self._leave_queue, response)
        if not self._gates.park("queued", response.id, go_on):
            go_on()

    def _leave_queue(self, response: StoredResponse) -> None:
        with self._changed:
            if response.status != "queued":
                return
            self._move(response, "in_progress")
        self._work(response)

    def _work(self, response: StoredResponse) -> None:
        answer = response.answer or _NO_ANSWER
        if answer.never_ends:
            return
        seconds = answer.working_seconds
        if seconds is None:
            texts = [item_text(i) for i in response.request.items if i.get("role") == "user"]
            slow = bool(texts) and takes_long(texts[-1])
            seconds = self.speeds.long_working if slow else self.speeds.working
        self._later(response, seconds, self._finish)

    def _finish(self, response: StoredResponse) -> None:
        go_on = partial(self._leave_work, response)
        if not self._gates.park("in_progress", response.id, go_on):
            go_on()

    def _leave_work(self, response: StoredResponse) -> None:
        if response.status != "in_progress":
            return
        outcome = self._worker.work(response)
        with self._changed:
            if response.status == "in_progress":
                self._end(response, outcome)

    def _end(self, response: StoredResponse, outcome: Outcome) -> None:
        response.output = outcome.output
        response.error = outcome.error
        response.incomplete_reason = outcome.incomplete_reason
        response.usage = outcome.usage
        if outcome.status == "completed":
            response.completed_at = self._clock.seconds()
        self._move(response, outcome.status)
        self._store.finished(response)
        self._ended(response)

    def _move(self, response: StoredResponse, status: Status) -> None:
        response.status = status
        self._ledger.counters[f"response.{status}"] += 1
        self._changed.notify_all()

    def _later(
        self, response: StoredResponse, seconds: float, step: Callable[[StoredResponse], None]
    ) -> None:
        response.timer = self._timers.later(seconds, partial(step, response))


def _searchable(items: list[Json]) -> str:
    texts = [item_text(item) for item in items]
    outputs = [str(item["output"]) for item in items if "output" in item]
    return "\n".join([*texts, *outputs])
