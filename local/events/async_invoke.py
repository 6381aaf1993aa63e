"""Asynchronous invocation as in Lambda: queued, retried twice, then sent to a dead-letter queue."""

import json
import logging
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from http import HTTPStatus

from local.aws.clock import Clock
from local.aws.deployment import Function
from local.aws.functions import FunctionTable, InvokeError, Outcome
from local.events.outstanding import Outstanding
from local.events.queues import Queues

Invoke = Callable[[str, bytes], Outcome]
"""Runs a function by its logical id and waits for the result."""

_RETRY_SECONDS = (60.0, 120.0)
"""Before the second and the third attempt ("Error handling for asynchronous invocation")."""
_REFUSAL_SECONDS = (1.0, 300.0)
"""First and longest pause after Lambda refused to run a function; it doubles in between."""
_WORKERS = 64
_ERROR_MESSAGE_LIMIT = 1024
"""Bytes of the error message in the attributes of a dead letter."""

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Event:
    function: Function
    payload: bytes
    request_id: str
    attempts: int = 0
    refusals: int = 0


class AsyncInvoker:
    """The event queue of all functions."""

    def __init__(
        self,
        table: FunctionTable,
        invoke: Invoke,
        queues: Queues,
        clock: Clock,
        outstanding: Outstanding,
    ) -> None:
        self._table = table
        self._invoke = invoke
        self._queues = queues
        self._clock = clock
        self._outstanding = outstanding
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="async-invoke")
        self._lock = threading.Lock()
        self._closed = False

    def close(self) -> None:
        """Drops what is queued; running functions are left to their own timeouts."""
        with self._lock:
            self._closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)

    def submit(self, function: str, payload: bytes) -> None:
        """Queues an event for a function, named by logical id, name or ARN.

        Raises InvokeError with ResourceNotFoundException.
        """
        event = _Event(self._table.find(function), payload, str(uuid.uuid4()))
        self._outstanding.begin()
        self._enqueue(event)

    def _enqueue(self, event: _Event) -> None:
        with self._lock:
            if not self._closed:
                self._pool.submit(self._run, event).add_done_callback(_log_error)

    def _run(self, event: _Event) -> None:
        again: tuple[float, _Event] | None = None
        try:
            again = self._attempt(event)
        finally:
            if again is None:
                self._outstanding.end()
        if again is not None:
            seconds, retried = again
            self._clock.alarm(seconds, lambda: self._enqueue(retried))

    def _attempt(self, event: _Event) -> tuple[float, _Event] | None:
        """Runs the function once; returns the pause and the event if it has to run again."""
        try:
            outcome = self._invoke(event.function.name, event.payload)
        except InvokeError as error:
            if not is_temporary(error):
                raise
            first, longest = _REFUSAL_SECONDS
            pause = float(min(longest, first * 2**event.refusals))
            return pause, replace(event, refusals=event.refusals + 1)
        if outcome.error is None:
            return None
        if event.attempts < len(_RETRY_SECONDS):
            return _RETRY_SECONDS[event.attempts], replace(event, attempts=event.attempts + 1)
        self._send_dead_letter(event, outcome)
        return None

    def _send_dead_letter(self, event: _Event, outcome: Outcome) -> None:
        queue = event.function.dead_letter_queue
        if queue is None:
            return
        message = json.loads(outcome.payload).get("errorMessage", "")
        attributes = {
            "RequestID": event.request_id,
            "ErrorCode": "200",
            "ErrorMessage": message.encode()[:_ERROR_MESSAGE_LIMIT].decode(errors="ignore"),
        }
        self._queues.send(queue, event.payload.decode(), attributes)


def is_temporary(error: InvokeError) -> bool:
    """Returns whether Lambda may accept the invocation later: throttling or an internal error."""
    return error.status == HTTPStatus.TOO_MANY_REQUESTS or error.status >= 500


def _log_error(future: Future[None]) -> None:
    """Logs errors of local AWS itself; failing functions are outcomes."""
    error = None if future.cancelled() else future.exception()
    if error is not None:
        _logger.error("an asynchronous invocation could not be carried out", exc_info=error)
