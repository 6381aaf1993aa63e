"""EventBridge event on an execution that failed, timed out or was aborted: closes its run.

Most of these runs are closed already; this is for the ends that no Catch of the state machine sees.
"""

import json
from typing import Any

from understudy.actions.end_run import Ending, end_run, last_error
from understudy.actions.progress import RunRef
from understudy.bootstrap import Services, services
from understudy.domain.runs import RunStatus
from understudy.observability import logger


def handler(
    event: dict[str, Any], context: object, using: Services | None = None
) -> dict[str, Any]:
    """Does nothing for a run that has ended or is gone, so the event may come twice."""
    ports, detail = using or services(), event["detail"]
    ref = RunRef.model_validate(json.loads(detail["input"]))
    run = ports.runs.get(ref.tenant, ref.thread_id, ref.run_id)
    if run is None or run.status.is_final:
        return {"closed": False}
    logger.warning("run_closed", run_id=ref.run_id, execution=detail["status"])
    text = "The run stopped unexpectedly."
    ended = end_run(ports, run, Ending(RunStatus.FAILED, last_error(None, text)))
    return {"closed": True, "status": str(ended.status)}
