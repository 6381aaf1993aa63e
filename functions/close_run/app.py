"""EventBridge event of an execution that failed, timed out or was aborted: closes its run.

Most of these runs have ended already. This closes those whose execution ended without passing
through a Catch of the state machine.
"""

import json
from typing import Any

from understudy.domain.run_errors import last_error
from understudy.domain.runs import RunStatus
from understudy.observability import Metric, emit, logger
from understudy.runs.progress import RunRef
from understudy.services import Services, services
from understudy.tasks import invocation


def handler(
    event: dict[str, Any], context: object, using: Services | None = None
) -> dict[str, Any]:
    """Idempotent: a run that has ended is left unchanged."""
    detail = event["detail"]
    ref = RunRef.model_validate(json.loads(detail["input"]))
    with invocation(context, tenant=ref.tenant, thread_id=ref.thread_id, run_id=ref.run_id):
        return _close(using or services(), ref, str(detail["status"]))


def _close(services: Services, ref: RunRef, execution: str) -> dict[str, Any]:
    run = services.runs.get(*ref.ids)
    if run is None:
        return {"closed": False}
    is_open = not run.status.is_final
    if is_open:
        logger.warning("run_closed", execution=execution)
        error = last_error(None, "The run stopped unexpectedly.")
        run = services.run_ender.end(run, RunStatus.FAILED, error)
        emit({Metric.RUNS_CLOSED: 1})
    return {"closed": is_open, "status": str(run.status)}
