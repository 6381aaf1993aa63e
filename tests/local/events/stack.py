"""A deployment with event sources, a clock that tests control, and recording fake functions."""

import json
import threading
from collections.abc import Callable
from typing import Any

from local.aws.clock import Alarm, Clock
from local.aws.deployment import Deployment, Function
from local.aws.functions import Outcome
from tests.limits import WAIT_SECONDS

ACCOUNT = "123456789012"
REGION = "us-east-1"


class ManualClock(Clock):
    """Fires alarms only when a test asks for it; `asked` holds the requested pauses."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self._waiting: list[Alarm] = []
        self._set = threading.Condition()

    def now(self) -> float:
        return 0.0

    def alarm(self, seconds: float, action: Callable[[], None]) -> Alarm:
        alarm = Alarm(seconds, action)
        with self._set:
            self.asked.append(seconds)
            self._waiting.append(alarm)
            self._set.notify_all()
        return alarm

    def fire_next(self) -> None:
        """Waits until there is an alarm and fires the oldest one."""
        with self._set:
            assert self._set.wait_for(lambda: self._waiting, WAIT_SECONDS), "no alarm was set"
            alarm = self._waiting.pop(0)
        alarm.fire()

    def wait_for_alarms(self, count: int) -> None:
        """Waits until that many alarms have been requested in total."""
        with self._set:
            assert self._set.wait_for(lambda: len(self.asked) >= count, WAIT_SECONDS), self.asked

    def close(self) -> None:
        """Does nothing: there is no thread."""


class Functions:
    """A fake Lambda runtime: runs a callable by the function's name and keeps every event."""

    def __init__(self, **handlers: Callable[[dict[str, Any]], Any]) -> None:
        self._handlers = handlers
        self._changed = threading.Condition()
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def invoke(self, name: str, payload: bytes) -> Outcome:
        event = json.loads(payload)
        with self._changed:
            self.calls.append((name, event))
        try:
            result = self._handlers[name](event) if name in self._handlers else None
        except ValueError as error:
            failed = {"errorType": "ValueError", "errorMessage": str(error), "stackTrace": []}
            return Outcome(json.dumps(failed).encode(), "Unhandled")
        return Outcome(json.dumps(result).encode(), None)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for _, event in self.calls]


def function_arn(name: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"


def deployment(
    *functions: str,
    resources: dict[str, dict[str, Any]] | None = None,
    dead_letter_queue: str | None = None,
) -> Deployment:
    """A deployment with these functions; other resources' physical ids are lower-case."""
    declared = resources or {}
    return Deployment(
        functions={
            name: Function(
                name=name,
                arn=function_arn(name),
                handler=f"{name}.app.handler",
                environment={},
                timeout_seconds=30,
                memory_mb=128,
                layers=(),
                concurrency=10,
                role_statements=(),
                dead_letter_queue=dead_letter_queue,
            )
            for name in functions
        },
        physical_ids={name: name for name in functions} | {name: name.lower() for name in declared},
        outputs={},
        resources=declared,
    )
