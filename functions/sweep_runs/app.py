"""Schedule: starts runs that were never started, closes runs that nothing else has closed."""

from typing import Any

from understudy.actions.end_run import Ending, end_run
from understudy.actions.record_run import record_run
from understudy.bootstrap import Services, services
from understudy.domain.runs import Run, RunStatus
from understudy.observability import Metric, emit, logger
from understudy.tasks import invocation

GRACE_SECONDS = 60
"""The state machine ends a run at its deadline by itself; it gets this long to do so."""

UNSTARTED_SECONDS = 60
"""How long an execution may take to take up its run, before it is started once more."""

BATCH = 100


def handler(event: object, context: object, using: Services | None = None) -> dict[str, Any]:
    """Takes the most overdue runs first; what is left is the next schedule's."""
    with invocation(context):
        return _sweep(using or services())


def _sweep(ports: Services) -> dict[str, Any]:
    return {"started": _start_forgotten(ports), **_close_overdue(ports)}


def _start_forgotten(ports: Services) -> int:
    """Starts executions of runs whose creator died before it could; one that exists is left."""
    now, started = ports.now(), 0
    for ids in ports.runs.not_taken_up(BATCH):
        run = ports.runs.get(*ids)
        if run is None or run.status.is_final or run.deadline <= now:
            continue
        if now - run.created_at >= UNSTARTED_SECONDS:
            ports.executions.start(run)
            started += 1
            logger.warning("run_started_late", run_id=run.id)
    return started


def _close_overdue(ports: Services) -> dict[str, Any]:
    now = ports.now()
    overdue = ports.runs.overdue(int(now) - GRACE_SECONDS, BATCH)
    stuck = [run for ids in overdue if (run := ports.runs.get(*ids)) and not run.status.is_final]
    for run in stuck:
        ids = {"tenant": run.tenant, "thread_id": run.thread_id, "run_id": run.id}
        with logger.append_context_keys(**ids):
            _close(ports, run)
    ages = [now - run.deadline for run in stuck]
    emit({Metric.RUNS_SWEPT: len(stuck), Metric.OLDEST_OVERDUE_SECONDS: max(ages, default=0)})
    return {"closed": len(stuck), "found": len(overdue)}


def _close(ports: Services, run: Run) -> None:
    ended = end_run(ports, run, Ending(RunStatus.EXPIRED))
    logger.warning("run_swept", status=str(ended.status))
    record_run(ports, ended)
