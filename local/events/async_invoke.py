"""Asynchronous invocation as Lambda does it: queued, retried twice, then given up loudly."""

import logging
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from http import HTTPStatus

from local.aws.clock import Clock
from local.aws.deployment import Deployment, Function
from local.aws.functions import InvokeError, Outcome
from local.events.failures import FailureTargets, report_failure
from local.events.outstanding import Outstanding
from local.events.queues import Queues

Invoke = Callable[[str, bytes], Outcome]
"""Runs a function by its logical id and waits for the result."""

_RETRY_SECONDS = (60.0, 120.0)
"""Before the second and the third attempt ("Error handling for asynchronous invocation")."""
_REFUSAL_SECONDS = (1.0, 300.0)
"""First and longest pause after Lambda refused to run a function; it doubles in between."""
_WORKERS = 64

_logger = logging.getLogger(__name__)


class UnknownFunctionError(LookupError):
    """No function of the deployment has this logical id, name or ARN."""


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
        deployment: Deployment,
        invoke: Invoke,
        queues: Queues,
        clock: Clock,
        outstanding: Outstanding,
    ) -> None:
        self._deployment = deployment
        self._invoke = invoke
        self._queues = queues
        self._clock = clock
        self._outstanding = outstanding
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="async-invoke")
        self._lock = threading.Lock()
        self._closed = False

    def close(self) -> None:
        """Drops what is queued; a function that runs is left to its own timeout."""
        with self._lock:
            self._closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)

    def submit(self, function: str, payload: bytes) -> str:
        """Queues an event and gives its request id. Raises UnknownFunctionError."""
        event = _Event(self.resolve(function), payload, str(uuid.uuid4()))
        self._outstanding.begin()
        self._enqueue(event)
        return event.request_id

    def resolve(self, function: str) -> Function:
        """The function with this logical id, physical name or ARN (a qualifier is ignored)."""
        for name, declared in self._deployment.functions.items():
            physical = self._deployment.physical_ids.get(name)
            if function in (name, physical) or declared.arn == _unqualified(function):
                return declared
        raise UnknownFunctionError(f"no function {function} in the deployment")

    def _enqueue(self, event: _Event) -> None:
        with self._lock:
            if not self._closed:
                self._pool.submit(self._run, event).add_done_callback(_log_fault)

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
        """Runs the function once; gives the pause and the event if it has to run again."""
        try:
            outcome = self._invoke(event.function.name, event.payload)
        except InvokeError as error:
            if not may_pass(error):
                raise
            return _refusal_pause(event), replace(event, refusals=event.refusals + 1)
        tried = replace(event, attempts=event.attempts + 1)
        if outcome.error is None:
            return None
        if tried.attempts <= event.function.async_retries:
            return _RETRY_SECONDS[tried.attempts - 1], tried
        self._give_up(tried, outcome)
        return None

    def _give_up(self, event: _Event, outcome: Outcome) -> None:
        report_failure(
            self._queues,
            FailureTargets.of(event.function, self._deployment),
            event.function.arn,
            event.request_id,
            event.payload,
            outcome,
            event.attempts,
        )


def _unqualified(function: str) -> str:
    """An ARN without the version or alias behind it."""
    return ":".join(function.split(":")[:7])


def may_pass(error: InvokeError) -> bool:
    """Whether Lambda refuses only for now: throttling, or a fault of its own."""
    return error.status == HTTPStatus.TOO_MANY_REQUESTS or error.status >= 500


def _refusal_pause(event: _Event) -> float:
    first, longest = _REFUSAL_SECONDS
    return float(min(longest, first * 2**event.refusals))


def _log_fault(future: Future[None]) -> None:
    """Functions that fail come back as outcomes; an exception is a fault of the stack."""
    error = None if future.cancelled() else future.exception()
    if error is not None:
        _logger.error("an asynchronous invocation could not be carried out", exc_info=error)
