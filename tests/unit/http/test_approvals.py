"""Who may approve and refuse tool calls."""

import pytest
from understudy.domain.runs import RunStatus
from understudy.domain.tools import CallStatus
from understudy.services import Services

from tests.unit import stage
from tests.unit.http.caller import Api

CALL = f"/v1/threads/{stage.THREAD_ID}/runs/{stage.RUN_ID}/tool_calls/call_schema"


@pytest.fixture
def undecided(services: Services) -> None:
    """A run with a call that waits for approval."""
    stage.put_run(services, status=RunStatus.REQUIRES_ACTION, response_id="resp_1")
    stage.put_call(services, status=CallStatus.AWAITING_APPROVAL)


@pytest.mark.usefixtures("undecided")
@pytest.mark.parametrize("verb", ["approve", "refuse"])
def test_key_without_the_permission_decides_nothing(
    api: Api, services: Services, verb: str
) -> None:
    """The application whose model makes the calls must not approve them."""
    answered = api.post(f"{CALL}/{verb}")

    assert (answered.status, answered.error["code"]) == (403, "may_not_approve")
    call = services.tool_calls.get(stage.TENANT, stage.RUN_ID, "call_schema")
    assert call is not None
    assert call.status is CallStatus.AWAITING_APPROVAL


@pytest.mark.usefixtures("undecided")
def test_key_with_the_permission_decides(api: Api, services: Services) -> None:
    stage.put_key(services, "us-approver", may_approve=True)

    assert Api(services, "us-approver").post(f"{CALL}/approve").status == 200

    call = services.tool_calls.get(stage.TENANT, stage.RUN_ID, "call_schema")
    assert call is not None
    assert call.approved
