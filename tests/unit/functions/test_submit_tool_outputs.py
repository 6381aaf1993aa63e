"""State SubmitToolOutputs."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from understudy.domain.delays import CLIENT_SAFETY
from understudy.domain.responses import CreatedResponse
from understudy.domain.runs import RunStatus
from understudy.domain.tools import RunsOn
from understudy.services import Services

from functions.submit_tool_outputs.app import handler
from tests.fakes.provider import ScriptedProvider
from tests.unit import stage
from tests.unit.conftest import StandingClock

NEXT = CreatedResponse(id="resp_2", status="queued")


@pytest.fixture
def submit(services: Services, load_event: Callable[..., Any]) -> Callable[[], dict[str, Any]]:
    """Invokes the function with the sample event, for a run whose first round called functions."""
    stage.put_run(services, status=RunStatus.IN_PROGRESS, response_id="resp_1")
    event = load_event("submit_tool_outputs", "after_tools")
    return lambda: handler(event, stage.Context(), services)


def test_all_outputs_are_sent_in_one_request(
    services: Services, provider: ScriptedProvider, submit: Callable[[], dict[str, Any]]
) -> None:
    """It continues the response with the calls, and the run's round is increased."""
    for number in (1, 2):
        call = stage.put_call(services, f"call_{number}", position=number)
        services.tool_calls.store_output(call, f"output {number}")
    provider.creates.append(NEXT)

    progress = submit()

    [request] = provider.requests
    assert request.previous_response_id == "resp_1"
    assert [(item["call_id"], item["output"]) for item in request.input] == [
        ("call_1", "output 1"),
        ("call_2", "output 2"),
    ]
    assert (progress["status"], progress["round"]) == ("in_progress", 1)
    run = stage.stored_run(services)
    assert (run.round, run.response_id) == (1, "resp_2")


def test_call_without_output_gets_an_error_output(
    services: Services, provider: ScriptedProvider, submit: Callable[[], dict[str, Any]]
) -> None:
    """A killed tool does not fail the run (F080)."""
    stage.put_call(services)
    provider.creates.append(NEXT)

    submit()

    output = json.loads(provider.requests[0].input[0]["output"])
    assert output["error"]["code"] == "tool_failed"


def test_run_waits_for_the_client(services: Services, submit: Callable[[], dict[str, Any]]) -> None:
    """It sleeps, and is checked in case a callback was lost."""
    stage.put_call(services, runs_on=RunsOn.CLIENT)

    progress = submit()

    assert progress["status"] == "requires_action"
    assert progress["delay_seconds"] == CLIENT_SAFETY


def test_retry_sends_no_second_request(
    services: Services, provider: ScriptedProvider, submit: Callable[[], dict[str, Any]]
) -> None:
    """The run's round shows that the outputs were sent."""
    call = stage.put_call(services)
    services.tool_calls.store_output(call, "output")
    provider.creates.append(NEXT)
    submit()

    assert submit()["status"] == "in_progress"
    assert len(provider.requests) == 1


def test_run_expires_after_its_deadline(
    services: Services, submit: Callable[[], dict[str, Any]], clock: StandingClock
) -> None:
    """A client that submits no outputs does not keep a run open."""
    stage.put_call(services, runs_on=RunsOn.CLIENT)
    clock.advance(601)

    assert submit()["status"] == "expired"
