"""Wakes the execution of a run, whether it is waiting already or about to wait."""

from typing import TYPE_CHECKING

from understudy.domain.runs import Run
from understudy.ports import Executions

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.runs import Runs


def wake(runs: "Runs", executions: Executions, run: Run) -> None:
    """Wakes the run's execution, or marks the run so that its next wait returns at once.

    The token that was read may belong to an earlier wait; then the run is marked. If a wait began
    between reading and marking, its token is in the item that marking returns.
    """
    if run.task_token and executions.wake(run.task_token):
        return
    marked = runs.mark_wake_pending(run.tenant, run.thread_id, run.id)
    if marked is not None and marked.task_token and marked.task_token != run.task_token:
        executions.wake(marked.task_token)
