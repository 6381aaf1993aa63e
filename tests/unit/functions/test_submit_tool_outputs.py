"""State SubmitToolOutputs."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from understudy.adapters.dynamodb import keys
from understudy.domain.delays import CLIENT_SAFETY
from understudy.domain.responses import CreatedResponse
from understudy.domain.runs import RunStatus
from understudy.domain.tools import RunsOn
from understudy.errors import ProviderRateLimitedError
from understudy.services import Services

from functions.submit_tool_outputs.app import handler
from tests.fakes.executions import RecordedExecutions
from tests.fakes.provider import ScriptedProvider
from tests.unit import stage
from tests.unit.conftest import StandingClock

NEXT = CreatedResponse(id="resp_2", status="queued")
TOKEN = "example-token"


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


@pytest.fixture
def webhooks(services: Services) -> None:
    """Makes the deployment expect webhooks."""
    services.settings = services.settings.model_copy(update={"webhooks_enabled": True})


def put_answered_call(services: Services) -> None:
    services.tool_calls.store_output(stage.put_call(services), "output")


def wait_item(services: Services) -> dict[str, Any]:
    """Returns the item under which an execution waits for the second response."""
    return services.table.get(keys.wait("resp_2")) or {}


@pytest.mark.usefixtures("webhooks")
def test_state_waits_for_the_webhook_of_the_new_response(
    services: Services,
    provider: ScriptedProvider,
    executions: RecordedExecutions,
    submit: Callable[[], dict[str, Any]],
) -> None:
    """The token is stored as the state Wait stores its own."""
    put_answered_call(services)
    provider.creates.append(NEXT)

    submit()

    assert executions.failed == []
    stored = {name: value for name, value in wait_item(services).items() if name != "expires_at"}
    assert stored == {
        **keys.wait("resp_2"),
        "task_token": TOKEN,
        "tenant": stage.TENANT,
        "thread_id": stage.THREAD_ID,
        "run_id": stage.RUN_ID,
    }


@pytest.mark.usefixtures("webhooks")
def test_callback_before_the_token_ends_the_wait(
    services: Services,
    provider: ScriptedProvider,
    executions: RecordedExecutions,
    submit: Callable[[], dict[str, Any]],
) -> None:
    """CheckStatus clears the pending callback before it reads the response."""
    put_answered_call(services)
    provider.creates.append(NEXT)
    services.waits.mark_pending("resp_2")

    submit()

    [(token, error, cause)] = executions.failed
    assert (token, error) == (TOKEN, "WakePending")
    progress = json.loads(cause)
    assert (progress["wait_id"], progress["wake_pending"]) == ("resp_2", True)
    assert "task_token" not in wait_item(services)


@pytest.mark.usefixtures("webhooks")
def test_retry_stores_its_own_token(
    services: Services,
    provider: ScriptedProvider,
    load_event: Callable[..., Any],
    submit: Callable[[], dict[str, Any]],
) -> None:
    """The token of an attempt that crashed wakes nothing."""
    put_answered_call(services)
    provider.creates.append(NEXT)
    submit()
    event = load_event("submit_tool_outputs", "after_tools") | {"task_token": "second-token"}

    handler(event, stage.Context(), services)

    assert wait_item(services)["task_token"] == "second-token"
    assert len(provider.requests) == 1


def test_polling_run_sleeps_in_the_state_wait(
    services: Services,
    provider: ScriptedProvider,
    executions: RecordedExecutions,
    submit: Callable[[], dict[str, Any]],
) -> None:
    """Without webhooks the wait is shorter than the function may take."""
    put_answered_call(services)
    provider.creates.append(NEXT)

    progress = submit()

    assert executions.failed == [(TOKEN, "BackOff", json.dumps(progress, separators=(",", ":")))]
    assert (progress["status"], progress["delay_seconds"]) == ("in_progress", 1)


@pytest.mark.usefixtures("webhooks")
def test_run_near_its_deadline_sleeps_in_the_state_wait(
    services: Services,
    provider: ScriptedProvider,
    executions: RecordedExecutions,
    submit: Callable[[], dict[str, Any]],
    clock: StandingClock,
) -> None:
    """The timeout of SubmitToolOutputs would end after the deadline."""
    put_answered_call(services)
    provider.creates.append(NEXT)
    clock.advance(560)

    progress = submit()

    assert [error for _, error, _ in executions.failed] == ["BackOff"]
    assert progress["delay_seconds"] == 41


@pytest.mark.usefixtures("webhooks")
def test_rate_limited_run_sleeps_in_the_state_wait(
    services: Services,
    provider: ScriptedProvider,
    executions: RecordedExecutions,
    submit: Callable[[], dict[str, Any]],
) -> None:
    """Its outputs are sent again when the time that the provider named is over."""
    put_answered_call(services)
    provider.creates.append(ProviderRateLimitedError("slow down", retry_after=90))

    progress = submit()

    assert [error for _, error, _ in executions.failed] == ["BackOff"]
    assert (progress["status"], progress["delay_seconds"]) == ("queued", 90)


@pytest.mark.usefixtures("webhooks")
def test_run_with_missing_outputs_goes_to_branch(
    services: Services, executions: RecordedExecutions, submit: Callable[[], dict[str, Any]]
) -> None:
    """No response was created, so there is nothing to wait for."""
    stage.put_call(services, runs_on=RunsOn.CLIENT)

    submit()

    assert [error for _, error, _ in executions.failed] == ["NothingToAwait"]


@pytest.mark.usefixtures("webhooks")
def test_cancelling_run_goes_to_branch(
    services: Services, executions: RecordedExecutions, submit: Callable[[], dict[str, Any]]
) -> None:
    """The callback of the cancel may have come before this state waits."""
    services.runs.move(
        stage.stored_run(services), RunStatus.CANCELLING, among=[RunStatus.IN_PROGRESS]
    )

    submit()

    assert [error for _, error, _ in executions.failed] == ["NothingToAwait"]
