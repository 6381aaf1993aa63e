"""The wait of the state SubmitToolOutputs for the webhook of the response that it has created."""

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from understudy.domain.runs import RunStatus
from understudy.ports import Executions
from understudy.runs.progress import Progress, RunRef

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.waits import Waits

STATE_SECONDS: Final = 60
"""The state's timeout in the state machine. A shorter wait is left to the state Wait, because the
timeout includes the time of this function."""


class WaitError(StrEnum):
    """Errors that end the state's wait. The state machine catches them; the cause is the progress.

    `BackOff` leads to Wait, `NothingToAwait` to Branch, `WakePending` to CheckStatus.
    """

    BACK_OFF = "BackOff"
    NOTHING_TO_AWAIT = "NothingToAwait"
    WAKE_PENDING = "WakePending"


def await_callback(waits: "Waits", executions: Executions, ref: RunRef, progress: Progress) -> None:
    """Makes the state wait under the id of the new response, or ends its wait."""
    if progress.server_calls or progress.status not in (RunStatus.IN_PROGRESS, RunStatus.QUEUED):
        error = WaitError.NOTHING_TO_AWAIT
    elif progress.status is RunStatus.QUEUED or progress.delay_seconds < STATE_SECONDS:
        error = WaitError.BACK_OFF
    elif _begin(waits, ref, progress.wait_id):
        return
    else:
        error = WaitError.WAKE_PENDING
        progress = progress.model_copy(update={"wake_pending": True})
    executions.fail_wait(ref.task_token, error, progress.model_dump_json())


def _begin(waits: "Waits", ref: RunRef, wait_id: str) -> bool:
    tenant, thread_id, run_id = ref.ids
    return waits.begin(wait_id, ref.task_token, tenant=tenant, thread_id=thread_id, run_id=run_id)
