"""Cancel requests wake the execution, so that the model's work stops at once."""

import pytest
from understudy.domain.runs import RunStatus
from understudy.services import Services

from tests.fakes.executions import RecordedExecutions
from tests.unit import stage
from tests.unit.http.caller import Api
from tests.unit.runs.test_wake import WAIT_ID, put_wait

PATH = f"/v1/threads/{stage.THREAD_ID}/runs/{stage.RUN_ID}/cancel"


@pytest.mark.parametrize(
    "status", [RunStatus.QUEUED, RunStatus.IN_PROGRESS, RunStatus.REQUIRES_ACTION]
)
def test_cancel_wakes_execution_in_every_open_status(
    api: Api, services: Services, executions: RecordedExecutions, status: RunStatus
) -> None:
    """By the task token that the state machine has stored."""
    stage.put_run(services, status=status, response_id=WAIT_ID)
    put_wait(services, "token")
    executions.waiting.add("token")

    assert api.made(PATH)["status"] == "cancelling"

    assert executions.woken == ["token"]
    assert stage.stored_run(services).status is RunStatus.CANCELLING


def test_repeated_cancel_wakes_execution_again(
    api: Api, services: Services, executions: RecordedExecutions
) -> None:
    """The function may have crashed between the status and the wake."""
    run = stage.put_run(services, status=RunStatus.IN_PROGRESS, response_id=WAIT_ID)
    services.runs.move(run, RunStatus.CANCELLING, among=[RunStatus.IN_PROGRESS])
    put_wait(services, "token")
    executions.waiting.add("token")

    assert api.made(PATH)["status"] == "cancelling"

    assert executions.woken == ["token"]
