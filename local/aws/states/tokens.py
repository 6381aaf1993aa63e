"""Task tokens: which wait each belongs to, and what a used or forgotten one is answered."""

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
    """The token was good once."""

    TYPE = "TaskTimedOut"
    STATUS = 400


class TaskTokens:
    """All task tokens of all executions.

    Each token is good for one outcome, while its task waits. Afterwards it raises TaskTimedOut, as
    AWS does for a task that was answered, that timed out or whose execution is over.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, CallbackEndpoint] = {}
        self._over: OrderedDict[str, None] = OrderedDict()

    def open(self, token: str, endpoint: CallbackEndpoint) -> None:
        with self._lock:
            self._waiting[token] = endpoint

    def close(self, token: str) -> bool:
        """End the wait without an outcome; False when an outcome came before."""
        with self._lock:
            endpoint = self._take(token)
        if endpoint is None:
            return False
        endpoint.interrupt_all()
        return True

    def succeed(self, token: str, output: str) -> None:
        """Raises TaskTimedOut for a token that was good once, InvalidToken for any other."""
        self._deliver(token, CallbackOutcomeSuccess(token, output))

    def fail(self, token: str, error: str | None, cause: str | None) -> None:
        """Raises as `succeed` does."""
        self._deliver(token, CallbackOutcomeFailure(token, error or "", cause or ""))

    def heartbeat(self, token: str) -> None:
        """Raises as `succeed` does."""
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
    """SendTaskFailure with its cause, which moto drops."""
    error, cause = response._get_param("error"), response._get_param("cause")
    token = response._get_param("taskToken")
    response.stepfunction_backend.send_task_failure(token, error, cause)
    return EmptyResult()
