"""Task tokens: which wait each belongs to, and the errors for used and unknown ones."""

import threading
from collections import OrderedDict
from typing import Any, NoReturn

from moto.core.exceptions import AWSError
from moto.core.responses import EmptyResult
from moto.stepfunctions.exceptions import InvalidToken
from moto.stepfunctions.parser.asl.eval.callback.callback import (
    CallbackEndpoint,
    CallbackOutcome,
    CallbackOutcomeFailure,
    CallbackOutcomeSuccess,
)

_REMEMBERED = 50_000


class TaskTimedOutError(AWSError):  # type: ignore[misc]
    """The token was valid, but its task is over."""

    TYPE = "TaskTimedOut"
    STATUS = 400


class TaskTokens:
    """All task tokens of all executions.

    A token takes one outcome, while its task waits. Afterwards it raises TaskTimedOut, as AWS does
    for a task that has an outcome, that timed out or whose execution has ended.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, CallbackEndpoint] = {}
        self._over: OrderedDict[str, None] = OrderedDict()

    def open(self, token: str, endpoint: CallbackEndpoint) -> None:
        """Registers the wait of a new token."""
        with self._lock:
            self._waiting[token] = endpoint

    def close(self, token: str) -> bool:
        """Ends the wait without an outcome; returns False if an outcome came before."""
        with self._lock:
            endpoint = self._take(token)
        if endpoint is None:
            return False
        endpoint.interrupt_all()
        return True

    def succeed(self, token: str, output: str) -> None:
        """Delivers a result; raises TaskTimedOut for a used token, InvalidToken for others."""
        self._deliver(token, CallbackOutcomeSuccess(token, output))

    def fail(self, token: str, error: str | None, cause: str | None) -> None:
        """Delivers a failure. Raises like `succeed`."""
        self._deliver(token, CallbackOutcomeFailure(token, error or "", cause or ""))

    def heartbeat(self, token: str) -> None:
        """Reports a heartbeat. Raises like `succeed`."""
        with self._lock:
            endpoint = self._waiting.get(token)
        if endpoint is None:
            self._refuse(token)
        endpoint.notify_heartbeat()

    def _deliver(self, token: str, outcome: CallbackOutcome) -> None:
        with self._lock:
            endpoint = self._take(token)
        if endpoint is None:
            self._refuse(token)
        endpoint.notify(outcome=outcome)

    def _refuse(self, token: str) -> NoReturn:
        if token in self._over:
            raise TaskTimedOutError("Task Timed Out: 'Provided task does not exist anymore'")
        raise InvalidToken("'Invalid token'")

    def _take(self, token: str) -> CallbackEndpoint | None:
        endpoint = self._waiting.pop(token, None)
        if endpoint is not None:
            self._over[token] = None
            if len(self._over) > _REMEMBERED:
                self._over.popitem(last=False)
        return endpoint


def answer_task_failure(response: Any) -> Any:
    """Handles SendTaskFailure including the cause, which moto drops."""
    error, cause = response._get_param("error"), response._get_param("cause")
    token = response._get_param("taskToken")
    response.stepfunction_backend.send_task_failure(token, error, cause)
    return EmptyResult()
