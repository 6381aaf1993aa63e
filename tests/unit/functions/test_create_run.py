"""State CreateRun."""

from collections.abc import Callable
from typing import Any

import pytest
from understudy.domain.responses import CreatedResponse
from understudy.domain.runs import RunStatus
from understudy.errors import ProviderRateLimitedError, ProviderUnavailableError, RunEndedError
from understudy.services import Services

from functions.create_run.app import handler
from tests.fakes.provider import ScriptedProvider
from tests.unit import stage
from tests.unit.conftest import StandingClock

CREATED = CreatedResponse(id="resp_1", status="queued")


@pytest.fixture
def run_step(services: Services, load_event: Callable[..., Any]) -> Callable[[], dict[str, Any]]:
    """Invokes the function with the sample event."""
    return lambda: handler(load_event("create_run", "queued"), stage.Context(), services)


def test_request_has_the_messages_oldest_first(
    services: Services, provider: ScriptedProvider, run_step: Callable[[], dict[str, Any]]
) -> None:
    """And the instructions, and the run's id in its metadata."""
    stage.put_run(services, "My name is Ada.", "What is my name?")
    provider.creates.append(CREATED)

    progress = run_step()

    [request] = provider.requests
    assert [item["content"][0]["text"] for item in request.input] == [
        "My name is Ada.",
        "What is my name?",
    ]
    assert request.instructions == "Be brief."
    assert request.metadata["run_id"] == stage.RUN_ID
    assert progress["status"] == "in_progress"
    run = stage.stored_run(services)
    assert (run.status, run.response_id) == (RunStatus.IN_PROGRESS, "resp_1")


def test_message_added_since_the_run_was_created_is_not_sent(
    services: Services, provider: ScriptedProvider, run_step: Callable[[], dict[str, Any]]
) -> None:
    """It belongs to the thread's next run."""
    stage.put_run(services, "Hello")
    stage.put_later_message(services, "One more thing")
    provider.creates.append(CREATED)

    run_step()

    [request] = provider.requests
    assert [item["content"][0]["text"] for item in request.input] == ["Hello"]


def test_retry_creates_no_second_response(
    services: Services, provider: ScriptedProvider, run_step: Callable[[], dict[str, Any]]
) -> None:
    """A run that has its response is left unchanged."""
    stage.put_run(services)
    provider.creates.append(CREATED)
    run_step()

    assert run_step()["status"] == "in_progress"
    assert len(provider.requests) == 1


def test_cancelled_run_sends_no_request(
    services: Services, provider: ScriptedProvider, run_step: Callable[[], dict[str, Any]]
) -> None:
    """A cancel before the start costs nothing (F022)."""
    run = stage.put_run(services)
    services.runs.move(run, RunStatus.CANCELLING, among=[RunStatus.QUEUED])

    assert run_step()["status"] == "cancelling"
    assert provider.requests == []


def test_cancel_during_the_create_keeps_the_response_id(
    services: Services,
    provider: ScriptedProvider,
    run_step: Callable[[], dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So that CancelRun can cancel the response."""
    run = stage.put_run(services)

    def create(_: Any) -> CreatedResponse:
        services.runs.move(run, RunStatus.CANCELLING, among=[RunStatus.QUEUED])
        return CREATED

    monkeypatch.setattr(provider, "create_response", create)

    assert run_step()["status"] == "cancelling"
    assert stage.stored_run(services).response_id == "resp_1"


def test_retry_after_is_waited_for_in_the_state_machine(
    services: Services, provider: ScriptedProvider, run_step: Callable[[], dict[str, Any]]
) -> None:
    """A 429 with 90 s delays the execution, not the function (F051)."""
    stage.put_run(services)
    provider.creates.append(ProviderRateLimitedError("slow down", retry_after=90))

    progress = run_step()

    assert (progress["status"], progress["delay_seconds"]) == ("queued", 90)
    assert stage.stored_run(services).attempts == 1


def test_unavailable_provider_raises_an_error_the_machine_retries(
    services: Services, provider: ScriptedProvider, run_step: Callable[[], dict[str, Any]]
) -> None:
    """The run is unchanged."""
    stage.put_run(services)
    provider.creates.append(ProviderUnavailableError("HTTP 503"))

    with pytest.raises(ProviderUnavailableError):
        run_step()

    assert stage.stored_run(services).status is RunStatus.QUEUED


def test_run_of_a_deleted_thread_ends_the_execution(run_step: Callable[[], dict[str, Any]]) -> None:
    """The state machine stops without an error."""
    with pytest.raises(RunEndedError):
        run_step()


def test_retry_after_beyond_the_deadline_is_not_waited_for(
    services: Services,
    provider: ScriptedProvider,
    run_step: Callable[[], dict[str, Any]],
    clock: StandingClock,
) -> None:
    """The run goes to the fallback while there is time."""
    stage.put_run(services)
    provider.creates.append(ProviderRateLimitedError("slow down", retry_after=300))
    clock.advance(590)

    with pytest.raises(ProviderRateLimitedError):
        run_step()


def test_rate_limits_of_a_run_are_waited_out_ten_times(
    services: Services, provider: ScriptedProvider, run_step: Callable[[], dict[str, Any]]
) -> None:
    """The next one fails the run, or leads to the fallback."""
    stage.put_run(services)
    provider.creates.extend(ProviderRateLimitedError("slow down", retry_after=1) for _ in range(11))

    assert [run_step()["status"] for _ in range(10)] == ["queued"] * 10
    with pytest.raises(ProviderRateLimitedError):
        run_step()
