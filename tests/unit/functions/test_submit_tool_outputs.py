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
    """Hands the sample event to the function, for a run whose first turn called functions."""
    stage.put_run(services, status=RunStatus.IN_PROGRESS, response_id="resp_1")
    event = load_event("submit_tool_outputs", "after_tools")
    return lambda: handler(event, stage.Context(), services)


def test_all_outputs_go_to_the_model_at_once(
    services: Services, provider: ScriptedProvider, submit: Callable[[], dict[str, Any]]
) -> None:
    """The follow-up chains to the response that asked, and the run is one round further."""
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


def test_a_tool_that_never_answered_is_an_error_for_the_model(
    services: Services, provider: ScriptedProvider, submit: Callable[[], dict[str, Any]]
) -> None:
    """A killed tool costs an output, not the run (F080)."""
    stage.put_call(services)
    provider.creates.append(NEXT)

    submit()

    output = json.loads(provider.requests[0].input[0]["output"])
    assert output["error"]["code"] == "tool_failed"


def test_the_client_is_waited_for(services: Services, submit: Callable[[], dict[str, Any]]) -> None:
    """While a client's output is missing the machine sleeps, and looks whether a ring was lost."""
    stage.put_call(services, runs_on=RunsOn.CLIENT)

    progress = submit()

    assert progress["status"] == "requires_action"
    assert progress["delay_seconds"] == CLIENT_SAFETY


def test_a_retry_sends_nothing_twice(
    services: Services, provider: ScriptedProvider, submit: Callable[[], dict[str, Any]]
) -> None:
    """The run is a round ahead of the event: the step has done its work before."""
    call = stage.put_call(services)
    services.tool_calls.store_output(call, "output")
    provider.creates.append(NEXT)
    submit()

    assert submit()["status"] == "in_progress"
    assert len(provider.requests) == 1


def test_past_the_deadline_the_run_expires(
    services: Services, submit: Callable[[], dict[str, Any]], clock: StandingClock
) -> None:
    """A client that never answers does not keep a run open."""
    stage.put_call(services, runs_on=RunsOn.CLIENT)
    clock.advance(601)

    assert submit()["status"] == "expired"
