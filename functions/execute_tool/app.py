"""State ExecuteTool, inside the Map ExecuteTools: executes one function call on our side."""

from typing import Any

from pydantic import Field
from understudy.domain.base import Record
from understudy.domain.tools import CallStatus
from understudy.runs.progress import RunRef
from understudy.runs.tool_calls import execute_call
from understudy.services import Services, services
from understudy.tasks import invocation

SAFETY_SECONDS = 2
"""Left of the function's time to store the output of a tool that took all it was given."""


class CallRef(Record):
    """Which call is to be executed."""

    run: RunRef
    call_id: str = Field(min_length=1)


def handler(event: dict[str, Any], context: Any, using: Services | None = None) -> dict[str, Any]:
    """Stores the output with the call; only its id travels through the state machine."""
    ref = CallRef.model_validate(event)
    ids = {"tenant": ref.run.tenant, "thread_id": ref.run.thread_id, "run_id": ref.run.run_id}
    with invocation(context, **ids, call_id=ref.call_id):
        return _execute(using or services(), ref, context)


def _execute(ports: Services, ref: CallRef, context: Any) -> dict[str, Any]:
    call = ports.tool_calls.get(ref.run.tenant, ref.run.run_id, ref.call_id)
    if call is None or call.status is not CallStatus.PENDING:
        return {"call_id": ref.call_id, "executed": False}
    seconds = context.get_remaining_time_in_millis() / 1000 - SAFETY_SECONDS
    if call.deadline is not None:
        seconds = min(seconds, call.deadline - ports.now())
    execute_call(ports, call, seconds=seconds)
    return {"call_id": ref.call_id, "executed": True}
