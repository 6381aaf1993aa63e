"""State ExecuteTool, inside the Map ExecuteTools: executes one function call on our side."""

from typing import Any

from pydantic import Field
from understudy.actions.progress import RunRef
from understudy.bootstrap import Services, services
from understudy.domain.base import Record
from understudy.domain.tools import CallStatus
from understudy.observability import logger

SAFETY_SECONDS = 2
"""Left of the function's time to store the output of a tool that took all it was given."""


class CallRef(Record):
    """Which call is to be executed."""

    run: RunRef
    call_id: str = Field(min_length=1)


def handler(event: dict[str, Any], context: Any, using: Services | None = None) -> dict[str, Any]:
    """Stores the output with the call; only its id travels through the state machine."""
    ports, ref = using or services(), CallRef.model_validate(event)
    logger.append_keys(tenant=ref.run.tenant, run_id=ref.run.run_id, call_id=ref.call_id)
    call = ports.tool_calls.get(ref.run.tenant, ref.run.run_id, ref.call_id)
    if call is None or call.status is not CallStatus.PENDING:
        return {"call_id": ref.call_id, "executed": False}
    seconds = context.get_remaining_time_in_millis() / 1000 - SAFETY_SECONDS
    result = ports.tools.execute(call, seconds=seconds)
    ports.tool_calls.answer(call, result.output, failed=result.failed)
    logger.info("tool_executed", tool=call.name, failed=result.failed)
    return {"call_id": ref.call_id, "executed": True}
