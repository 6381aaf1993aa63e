"""Wakes the execution of a run, whether it is waiting already or about to wait."""

from typing import TYPE_CHECKING

from understudy.ports import Executions

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.waits import Wait, Waits


def wake(waits: "Waits", executions: Executions, wait_id: str) -> "Wait":
    """Wakes the execution that waits under this id, or makes its next wait return at once.

    `wait_id` is a run's `wait_id`, or the id of a response that may belong to no run. Returns what
    is known of the wait. The token that was read may belong to an earlier wait; then a pending
    callback is stored. If a wait began in between, its token is in what storing returns.
    """
    found = waits.get(wait_id)
    if found.task_token and executions.wake(found.task_token):
        return found
    marked = waits.mark_pending(wait_id)
    if marked.task_token and marked.task_token != found.task_token:
        executions.wake(marked.task_token)
    return marked
