"""Schedule: closes runs that are past their deadline and that nothing else has closed."""

from typing import Any

from understudy.actions.end_run import Ending, end_run
from understudy.bootstrap import Services, services
from understudy.domain.runs import RunStatus
from understudy.observability import logger

GRACE_SECONDS = 60
"""The state machine ends a run at its deadline by itself; it gets this long to do so."""

BATCH = 100


def handler(event: object, context: object, using: Services | None = None) -> dict[str, Any]:
    """Takes the most overdue runs first; what is left is the next schedule's."""
    ports = using or services()
    overdue = ports.runs.overdue(int(ports.now()) - GRACE_SECONDS, BATCH)
    closed = 0
    for tenant, thread_id, run_id in overdue:
        run = ports.runs.get(tenant, thread_id, run_id)
        if run is not None and not run.status.is_final:
            end_run(ports, run, Ending(RunStatus.EXPIRED))
            closed += 1
            logger.warning("run_swept", tenant=tenant, thread_id=thread_id, run_id=run_id)
    return {"closed": closed, "found": len(overdue)}
