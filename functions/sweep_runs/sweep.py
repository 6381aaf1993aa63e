"""Sweeping: runs that were never started are started, runs that nothing else closed are closed."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from understudy.domain.runs import Run, RunStatus
from understudy.observability import Metric, emit, log_unforeseen, logger
from understudy.ports import Ports
from understudy.runs.end import Ending, end_run
from understudy.runs.record import record_run

GRACE_SECONDS = 60
"""The state machine ends a run at its deadline by itself; it gets this long to do so."""

UNSTARTED_SECONDS = 60
"""How long an execution may take to take up its run, before it is started once more."""

BATCH = 100


def sweep_runs(ports: Ports) -> dict[str, Any]:
    """Takes the most overdue runs first; what is left is the next schedule's."""
    now, counts, ages = ports.now(), Counter[str](), [0.0]
    for ids in ports.runs.not_taken_up(BATCH):
        with _one(ids, counts):
            run = ports.runs.get(*ids)
            if run is not None and _is_forgotten(run, now):
                ports.executions.start(run)
                counts["started"] += 1
                logger.warning("run_started_late")
    overdue = ports.runs.overdue(int(now) - GRACE_SECONDS, BATCH)
    for ids in overdue:
        with _one(ids, counts):
            run = ports.runs.get(*ids)
            if run is not None and not run.status.is_final:
                ages.append(now - run.deadline)
                _close(ports, run)
                counts["closed"] += 1
    if counts["closed"]:  # zeros, once a minute, would be a good part of the idle stack's bill
        emit({Metric.RUNS_SWEPT: counts["closed"], Metric.OLDEST_OVERDUE_SECONDS: max(ages)})
    return {
        "found": len(overdue),
        **{name: counts[name] for name in ("started", "closed", "broken")},
    }


@contextmanager
def _one(ids: tuple[str, str, str], counts: Counter[str]) -> Iterator[None]:
    """One run, with its ids in the log; the oldest come first, so none may keep back the others."""
    tenant, thread_id, run_id = ids
    with logger.append_context_keys(tenant=tenant, thread_id=thread_id, run_id=run_id):
        try:
            yield
        except Exception as error:  # noqa: BLE001  the next sweep tries this run again
            counts["broken"] += 1
            log_unforeseen(error)


def _is_forgotten(run: Run, now: float) -> bool:
    """Whether nobody has started the run; starting one that is on its way changes nothing."""
    waited = now - run.created_at >= UNSTARTED_SECONDS
    return waited and not run.status.is_final and now < run.deadline


def _close(ports: Ports, run: Run) -> None:
    ended = end_run(ports, run, Ending(RunStatus.EXPIRED))
    logger.warning("run_swept", status=str(ended.status))
    record_run(ports, ended)
