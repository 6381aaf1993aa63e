"""Approving and refusing calls, also concurrently."""

import json
from typing import Any

import pytest
from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.table import Write
from understudy.domain.decisions import Decision
from understudy.domain.responses import CreatedResponse
from understudy.domain.runs import Run, RunStatus
from understudy.domain.tool_outputs import SubmittedOutputs
from understudy.domain.tools import CallStatus, RunsOn, ToolCall, ToolOutput
from understudy.errors import ConflictError, InvalidRequestError
from understudy.services import Services

from functions.api.decide_call import ToolCallDecisions
from functions.api.submit_outputs import OutputSubmission
from functions.submit_tool_outputs.app import handler
from tests.fakes.executions import RecordedExecutions
from tests.fakes.provider import ScriptedProvider
from tests.unit import stage


@pytest.fixture
def run(services: Services) -> Run:
    """A run that waits for an approval and for its client."""
    services.table.write(Write(key=keys.wait("resp_1"), assign={"task_token": "token"}))
    return stage.put_run(services, status=RunStatus.REQUIRES_ACTION, response_id="resp_1")


@pytest.fixture
def invoice(services: Services, run: Run) -> ToolCall:
    return stage.put_call(services, "call_invoice", status=CallStatus.AWAITING_APPROVAL)


@pytest.fixture
def meeting(services: Services, run: Run) -> ToolCall:
    return stage.put_call(services, "call_meeting", runs_on=RunsOn.CLIENT)


def decisions(services: Services) -> ToolCallDecisions:
    return ToolCallDecisions(
        services.runs, services.tool_calls, services.waits, services.executions
    )


def submission(services: Services) -> OutputSubmission:
    return OutputSubmission(
        services.runs,
        services.run_steps,
        services.tool_calls,
        services.waits,
        services.executions,
        services.now,
    )


def submitted() -> SubmittedOutputs:
    return SubmittedOutputs(tool_outputs=[ToolOutput(tool_call_id="call_meeting", output="ok")])


def continued(services: Services, **progress: Any) -> dict[str, Any]:
    """Returns the result of SubmitToolOutputs."""
    ids = {"tenant": stage.TENANT, "thread_id": stage.THREAD_ID, "run_id": stage.RUN_ID}
    known = {"status": "requires_action", **progress}
    return handler({"run": ids, "progress": known}, stage.Context(), services)


def stored(services: Services, call_id: str = "call_invoice") -> ToolCall:
    call = services.tool_calls.get(stage.TENANT, stage.RUN_ID, call_id)
    assert call is not None
    return call


def test_last_decision_queues_the_run_and_wakes_it(
    services: Services, run: Run, invoice: ToolCall, executions: RecordedExecutions
) -> None:
    """No other call is open, so the state machine executes this one."""
    executions.waiting.add("token")

    moved = decisions(services).decide(run, invoice.call_id, Decision.APPROVED)

    assert moved.status is RunStatus.QUEUED
    assert executions.woken == ["token"]
    progress = continued(services)
    assert (progress["status"], progress["server_calls"]) == ("in_progress", [invoice.call_id])


def test_repeated_decision_wakes_the_run_after_a_crash(
    services: Services, run: Run, invoice: ToolCall, executions: RecordedExecutions
) -> None:
    """The call was decided, but the run was not queued: the second request does it."""
    services.tool_calls.decide(invoice, Decision.APPROVED)

    moved = decisions(services).decide(run, invoice.call_id, Decision.APPROVED)

    assert moved.status is RunStatus.QUEUED
    assert executions.woken == ["token"]


def test_first_decision_and_its_reason_are_kept(
    services: Services, run: Run, invoice: ToolCall
) -> None:
    """Another decision is a conflict."""
    refused = {"decision": Decision.REFUSED}
    decisions(services).decide(run, invoice.call_id, **refused, reason="Paid already.")
    decisions(services).decide(run, invoice.call_id, **refused, reason="Another reason.")

    with pytest.raises(ConflictError):
        decisions(services).decide(run, invoice.call_id, Decision.APPROVED)
    assert "Paid already." in json.loads(stored(services).output or "")["error"]["message"]


def test_call_that_was_closed_is_not_approved(
    services: Services, run: Run, invoice: ToolCall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run ends between the read and the write; the write is refused."""
    decide = services.tool_calls.decide

    def too_late(call: ToolCall, *decision: Any) -> bool:
        services.tool_calls.close(call)
        return decide(call, *decision)

    monkeypatch.setattr(services.tool_calls, "decide", too_late)

    with pytest.raises(InvalidRequestError):
        decisions(services).decide(run, invoice.call_id, Decision.APPROVED)
    assert stored(services).status is CallStatus.CLOSED


@pytest.mark.usefixtures("meeting")
def test_concurrent_approval_and_submit_continue_the_run(
    services: Services,
    run: Run,
    invoice: ToolCall,
    provider: ScriptedProvider,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each sees the other's call as open, so neither queues the run; the machine continues."""
    before = services.tool_calls.of_run(stage.TENANT, stage.RUN_ID)
    with monkeypatch.context() as patch:
        patch.setattr(services.tool_calls, "of_run", lambda *_: before)
        decisions(services).decide(run, invoice.call_id, Decision.APPROVED)
        services.waits.clear_pending("resp_1")  # the execution has seen the decision only
        submission(services).submit(run, submitted())
    assert stage.stored_run(services).status is RunStatus.REQUIRES_ACTION
    assert (services.table.get(keys.wait("resp_1")) or {})["wake_pending"]

    assert continued(services)["server_calls"] == [invoice.call_id]
    services.tool_calls.store_output(stored(services), "sent")
    provider.creates.append(CreatedResponse(id="resp_2", status="queued"))

    assert continued(services, server_calls=[invoice.call_id])["status"] == "in_progress"
    [request] = provider.requests
    assert sorted(item["output"] for item in request.input) == ["ok", "sent"]


@pytest.mark.usefixtures("run")
def test_approved_call_without_output_gets_an_error(
    services: Services, invoice: ToolCall, provider: ScriptedProvider
) -> None:
    """It is executed once, not repeatedly (F080)."""
    services.tool_calls.decide(invoice, Decision.APPROVED)
    provider.creates.append(CreatedResponse(id="resp_2", status="queued"))

    assert continued(services)["server_calls"] == [invoice.call_id]
    assert continued(services, server_calls=[invoice.call_id])["status"] == "in_progress"

    assert json.loads(stored(services).output or "")["error"]["code"] == "tool_failed"
