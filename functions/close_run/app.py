"""EventBridge event on an execution that failed, timed out or was aborted: closes its run.

Most of these runs are closed already; this is for the ends that no Catch of the state machine sees.
"""

import json
from typing import Any

from understudy.domain.runs import RunStatus, last_error
from understudy.observability import Metric, emit, logger
from understudy.runs.end import Ending, end_run
from understudy.runs.progress import RunRef
from understudy.runs.record import record_run
from understudy.services import Services, services
from understudy.tasks import invocation


def handler(
    event: dict[str, Any], context: object, using: Services | None = None
) -> dict[str, Any]:
    """A run that has ended is only recorded, which counts once, so the event may come twice."""
    detail = event["detail"]
    ref = RunRef.model_validate(json.loads(detail["input"]))
    with invocation(context, tenant=ref.tenant, thread_id=ref.thread_id, run_id=ref.run_id):
        return _close(using or services(), ref, str(detail["status"]))


def _close(ports: Services, ref: RunRef, execution: str) -> dict[str, Any]:
    run = ports.runs.get(ref.tenant, ref.thread_id, ref.run_id)
    if run is None:
        return {"closed": False}
    is_open = not run.status.is_final
    if is_open:
        logger.warning("run_closed", execution=execution)
        text = "The run stopped unexpectedly."
        run = end_run(ports, run, Ending(RunStatus.FAILED, last_error(None, text)))
        emit({Metric.RUNS_CLOSED: 1})
    record_run(ports, run)
    return {"closed": is_open, "status": str(run.status)}
