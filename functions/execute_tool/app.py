"""State ExecuteTool, also in the Map ExecuteTools: executes one call of a server-side tool."""

from typing import Any

from pydantic import Field
from understudy.domain.base import Record
from understudy.domain.tools import CallStatus
from understudy.runs.progress import RunRef
from understudy.services import Services, services
from understudy.tasks import invocation

SAFETY_SECONDS = 2
"""The part of the function's time that is kept for storing the output of a slow tool."""


class CallRef(Record):
    """The call to execute."""

    run: RunRef
    call_id: str = Field(min_length=1)


def handler(event: dict[str, Any], context: Any, using: Services | None = None) -> dict[str, Any]:
    """Stores the output with the call; the state machine only gets the call's id."""
    ref = CallRef.model_validate(event)
    ids = {"tenant": ref.run.tenant, "thread_id": ref.run.thread_id, "run_id": ref.run.run_id}
    with invocation(context, **ids, call_id=ref.call_id):
        return _execute(using or services(), ref, context)


def _execute(services: Services, ref: CallRef, context: Any) -> dict[str, Any]:
    call = services.tool_calls.get(ref.run.tenant, ref.run.run_id, ref.call_id)
    if call is None or call.status is not CallStatus.PENDING:
        return {"call_id": ref.call_id, "executed": False}
    seconds = context.get_remaining_time_in_millis() / 1000 - SAFETY_SECONDS
    if call.deadline is not None:
        seconds = min(seconds, call.deadline - services.now())
    services.tool_executor.execute(call, seconds=seconds)
    return {"call_id": ref.call_id, "executed": True}
