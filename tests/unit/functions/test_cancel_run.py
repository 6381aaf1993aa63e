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
    """Hands a sample event to the function, with another progress if given."""

    def hand_over(case: str = "cancelling", **progress: Any) -> dict[str, Any]:
        event = load_event("cancel_run", case)
        event["progress"] |= progress
        return handler(event, stage.Context(), services)

    return hand_over


def test_a_cancelled_run_ends_with_all_it_started(
    services: Services, provider: ScriptedProvider, cancel: Cancel
) -> None:
    """The model stops, open calls are closed, the thread is free (F023, F024)."""
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


def test_a_run_cancelled_before_it_asked_the_model_never_reaches_the_provider(
    services: Services, provider: ScriptedProvider, cancel: Cancel
) -> None:
    """There is nothing to cancel there (F022)."""
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
def test_what_the_machine_caught_becomes_one_of_three_codes(
    services: Services, cancel: Cancel, error: str, code: str
) -> None:
    """The caller learns what happened and nothing of how (F052, F055, F056)."""
    stage.put_run(services)

    assert cancel("failed", error=error)["status"] == "failed"

    last_error = stage.stored_run(services).last_error
    assert last_error is not None
    assert last_error.code == code
    assert "Lambda" not in last_error.message


def test_a_cancel_wins_over_the_error_that_was_caught(services: Services, cancel: Cancel) -> None:
    """Also one that comes between reading the run and ending it."""
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


def test_an_expired_run_says_so(services: Services, cancel: Cancel) -> None:
    """Its deadline ended it, nothing failed."""
    stage.put_run(services)

    assert cancel(status="expired")["status"] == "expired"
    assert stage.stored_run(services).last_error is None


def test_a_run_that_has_ended_stays_as_it_is(services: Services, cancel: Cancel) -> None:
    """The machine then goes on to record it."""
    run = stage.put_run(services)
    services.runs.end(run.model_copy(update={"status": RunStatus.COMPLETED, "ended_at": 1}))

    with pytest.raises(RunEndedError):
        cancel()
    assert stage.stored_run(services).status is RunStatus.COMPLETED
