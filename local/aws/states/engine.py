"""What moto's interpreter calls through the hooks."""

import re
import threading
import uuid
from collections.abc import Callable
from typing import Any

from moto.stepfunctions.exceptions import InvalidName

from local.aws.clock import Clock
from local.aws.functions import Outcome
from local.aws.states.history import EndedExecutions, HistoryEvent, status_change
from local.aws.states.tokens import TaskTokens
from local.aws.states.waits import Waits

# https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
_ILLEGAL_IN_NAME = re.compile(r'[\s<>{}\[\]?*"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f\ufffe\uffff]')
_NAME_LIMIT = 80


class StatesEngine:
    """Connects executions to the clock, the functions and the listeners.

    Listeners are called in order, on the threads of the executions: they must not block.
    """

    def __init__(
        self,
        clock: Clock,
        endpoint: str,
        invoke: Callable[[str, bytes], Outcome],
        on_history: Callable[[HistoryEvent], None],
        on_status: Callable[[dict[str, Any]], None],
    ) -> None:
        self.endpoint = endpoint
        """The endpoint of service integrations."""
        self.invoke = invoke
        self.on_history = on_history
        self._on_status = on_status
        self.tokens = TaskTokens()
        self.waits = Waits(clock, self.tokens)
        self.starting = threading.Lock()
        """Makes the check of a name and its use atomic."""
        self._ended = EndedExecutions()
        self._running: dict[str, threading.Event] = {}

    def execution_name(self, name: str | None) -> str:
        """Returns the name for a new execution; raises InvalidName as AWS does."""
        if name is None:
            return str(uuid.uuid4())
        if not 1 <= len(name) <= _NAME_LIMIT or _ILLEGAL_IN_NAME.search(name):
            raise InvalidName(f"Invalid Name: '{name}'")
        return name

    def started(self, execution: Any) -> None:
        """Reports that an execution runs."""
        self._running[execution.exec_arn] = threading.Event()
        self._report_status(execution, "RUNNING")

    def ended(self, execution: Any) -> None:
        """Reports that an execution has ended."""
        self._ended.add(execution)
        # Before StopExecution responds, so that the event is queued when the caller gets it.
        self._report_status(execution, execution.status)
        self._running.pop(execution.exec_arn).set()

    def wait_for_end(self, execution: Any, seconds: float) -> None:
        """Waits, in real seconds, until `ended` was called for the execution."""
        over = self._running.get(execution.exec_arn)
        if over is not None:
            over.wait(seconds)

    def _report_status(self, execution: Any, status: str) -> None:
        event = status_change(execution, execution.region_name, execution.account_id)
        event["detail"]["status"] = status
        self._on_status(event)
