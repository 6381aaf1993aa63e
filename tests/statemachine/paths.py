"""The path of each execution through the state machine."""

import threading

from local.aws.states.history import HistoryEvent
from tests.limits import WAIT_SECONDS

ENDS = {"ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"}


class Paths:
    """Records the history of local AWS's executions.

    Waiting is on a condition, without sleeping.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._entered: dict[str, list[str]] = {}
        self._ended: dict[str, str] = {}

    def on_history(self, event: HistoryEvent) -> None:
        with self._changed:
            if event.type.endswith("StateEntered") and event.state:
                self._entered.setdefault(event.execution, []).append(event.state)
            if event.type in ENDS:
                self._ended[event.execution] = event.type
            self._changed.notify_all()

    def of(self, run_id: str) -> list[str]:
        """Returns the states that the run's execution entered, once it has ended."""
        with self._changed:
            ended = self._changed.wait_for(lambda: run_id in self._ended, WAIT_SECONDS)
            assert ended, f"the execution is still in {self._entered.get(run_id)}"
            return list(self._entered[run_id])

    def end_of(self, run_id: str) -> str:
        """Returns how the execution ended, for example `ExecutionSucceeded`."""
        self.of(run_id)
        return self._ended[run_id]

    def until(self, run_id: str, state: str, times: int = 1) -> None:
        """Returns once the execution has entered the state that many times."""
        with self._changed:
            entered = self._changed.wait_for(
                lambda: self._entered.get(run_id, []).count(state) >= times, WAIT_SECONDS
            )
            assert entered, f"{state} was not entered: {self._entered.get(run_id)}"
