"""Execution history as it happens, and the status-change events of EventBridge."""

import uuid
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

_KEPT_HISTORIES = 200
"""Ended executions whose events are kept; AWS keeps them for 90 days."""


@dataclass(frozen=True)
class HistoryEvent:
    """One event of one execution, with its state."""

    execution_arn: str
    execution: str
    """The name of the execution."""
    state: str | None
    """The state last entered on this path of the execution; None before the first."""
    type: str
    """For example TaskStateEntered, LambdaFunctionFailed, ExecutionSucceeded."""
    timestamp: str
    details: Mapping[str, Any]
    """The event's details object: name, input, output, error, cause, parameters, …"""


class HistoryTap:
    """Converts what moto publishes for one execution into history events."""

    def __init__(self, execution_arn: str, execution: str) -> None:
        self._execution_arn = execution_arn
        self._execution = execution
        self._states: dict[int, str] = {}

    def event(
        self,
        event_id: int,
        source_event_id: int,
        event_type: str,
        timestamp: str,
        event_details: Mapping[str, Any] | None,
    ) -> HistoryEvent:
        """Returns a history event; without a name, its state is that of the previous event."""
        details = next(iter(event_details.values()), None) if event_details else None
        details = dict(details or {})
        state = details.get("name") or self._states.get(source_event_id)
        if state is not None:
            self._states[event_id] = state
        kind = str(getattr(event_type, "value", event_type))
        return HistoryEvent(self._execution_arn, self._execution, state, kind, timestamp, details)


def status_change(execution: Any, region: str, account: str) -> dict[str, Any]:
    """Returns the event `Step Functions Execution Status Change` of moto's execution object."""
    status = execution.status
    ended = status != "RUNNING"
    output = execution.to_describe_output().get("output") if status == "SUCCEEDED" else None
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Step Functions Execution Status Change",
        "source": "aws.states",
        "account": account,
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": [execution.exec_arn],
        "detail": {
            "executionArn": execution.exec_arn,
            "stateMachineArn": execution.state_machine.arn,
            "name": execution.name,
            "status": status,
            "startDate": _milliseconds(execution.start_date),
            "stopDate": _milliseconds(execution.stop_date) if ended else None,
            "input": execution.execution_input,
            "inputDetails": {"included": True},
            "output": output,
            "outputDetails": {"included": True} if output is not None else None,
            "error": execution.error,
            "cause": execution.cause,
        },
    }


class EndedExecutions:
    """Releases what moto keeps of ended executions."""

    def __init__(self) -> None:
        self._histories: deque[list[Any]] = deque()

    def add(self, execution: Any) -> None:
        """Keeps only the execution's history, and only of the last executions."""
        worker = execution.exec_worker
        worker.env = _EndedEnvironment(worker.env)
        self._histories.append(worker.env.event_manager._history_event_list)
        if len(self._histories) > _KEPT_HISTORIES:
            self._histories.popleft().clear()


class _EndedEnvironment:
    """The parts of an environment that moto still reads after the execution has ended."""

    def __init__(self, env: Any) -> None:
        self.event_manager = env.event_manager
        self.map_run_record_pool_manager = env.map_run_record_pool_manager

    def set_stop(self, **_: Any) -> None:
        """Does nothing: the execution has ended."""


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)
