"""State CancelRun."""

from collections.abc import Callable
from typing import Any

import pytest
from understudy.domain.runs import RunStatus
from understudy.domain.tools import CallStatus, RunsOn
from understudy.errors import RunEndedError
from understudy.services import Services

from functions.cancel_run.app import handler
from tests.fakes.provider import ScriptedProvider
from tests.unit import stage

Cancel = Callable[..., dict[str, Any]]


@pytest.fixture
def cancel(services: Services, load_event: Callable[..., Any]) -> Cancel:
    """Invokes the function with a sample event, with another progress if given."""

    def hand_over(case: str = "cancelling", **progress: Any) -> dict[str, Any]:
        event = load_event("cancel_run", case)
        event["progress"] |= progress
        return handler(event, stage.Context(), services)

    return hand_over


def test_cancelled_run_stops_the_model_and_closes_its_calls(
    services: Services, provider: ScriptedProvider, cancel: Cancel
) -> None:
    """And frees its thread (F023, F024)."""
    stage.put_run(services, response_id="resp_1", status=RunStatus.IN_PROGRESS)
    stage.put_call(services, runs_on=RunsOn.CLIENT)
    services.runs.move(
        stage.stored_run(services), RunStatus.CANCELLING, among=[RunStatus.IN_PROGRESS]
    )

    assert cancel()["status"] == "cancelled"

    assert provider.cancelled == ["resp_1"]
    [call] = services.tool_calls.of_run(stage.TENANT, stage.RUN_ID)
    assert call.status is CallStatus.CLOSED
    thread = services.runs.thread(stage.TENANT, stage.THREAD_ID)
    assert thread is not None
    assert thread.active_run_id is None


def test_run_without_a_response_is_cancelled_without_a_request(
    services: Services, provider: ScriptedProvider, cancel: Cancel
) -> None:
    """There is nothing to cancel at the provider (F022)."""
    stage.put_run(services)

    cancel()

    assert provider.cancelled == []
    assert stage.stored_run(services).status is RunStatus.CANCELLED


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("ProviderRateLimitedError", "rate_limit_exceeded"),
        ("ProviderQuotaError", "rate_limit_exceeded"),
        ("ProviderRefusedError", "invalid_prompt"),
        ("ProviderKeyError", "server_error"),
        ("Lambda.Unknown", "server_error"),
        ("", "server_error"),
    ],
)
def test_caught_error_becomes_one_of_three_codes(
    services: Services, cancel: Cancel, error: str, code: str
) -> None:
    """The error reveals no internals (F052, F055, F056)."""
    stage.put_run(services)

    assert cancel("failed", error=error)["status"] == "failed"

    last_error = stage.stored_run(services).last_error
    assert last_error is not None
    assert last_error.code == code
    assert "Lambda" not in last_error.message


def test_cancel_wins_over_a_caught_error(services: Services, cancel: Cancel) -> None:
    """Also if it comes between the read and the write of the run."""
    run = stage.put_run(services)
    read, moved = services.runs.get, []

    def get(*ids: str) -> Any:
        found = read(*ids)
        if not moved:
            moved.append(services.runs.move(run, RunStatus.CANCELLING, among=[RunStatus.QUEUED]))
        return found

    services.runs.get = get  # type: ignore[method-assign]

    assert cancel("failed")["status"] == "cancelled"
    assert stage.stored_run(services).last_error is None


def test_expired_run_has_no_error(services: Services, cancel: Cancel) -> None:
    """Its deadline ended it."""
    stage.put_run(services)

    assert cancel(status="expired")["status"] == "expired"
    assert stage.stored_run(services).last_error is None


def test_ended_run_is_unchanged(services: Services, cancel: Cancel) -> None:
    """The execution then ends."""
    run = stage.put_run(services)
    services.runs.end(run.model_copy(update={"status": RunStatus.COMPLETED, "ended_at": 1}))

    with pytest.raises(RunEndedError):
        cancel()
    assert stage.stored_run(services).status is RunStatus.COMPLETED
