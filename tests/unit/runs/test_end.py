"""Ends a run before its model is done."""

from typing import Any

import pytest
from understudy.domain.run_errors import last_error
from understudy.domain.runs import RunStatus
from understudy.domain.tools import CallStatus
from understudy.errors import (
    ProviderError,
    ProviderRateLimitedError,
    ProviderUnavailableError,
    RunCancellingError,
)
from understudy.services import Services

from tests.fakes.provider import ScriptedProvider
from tests.unit import stage
from tests.unit.conftest import StandingClock


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("rate_limit_exceeded", "rate_limit_exceeded"),
        ("insufficient_quota", "rate_limit_exceeded"),
        ("invalid_prompt", "invalid_prompt"),
        ("context_length_exceeded", "invalid_prompt"),
        ("image_too_large", "invalid_prompt"),
        ("server_error", "server_error"),
        ("never_seen", "server_error"),
        (None, "server_error"),
    ],
)
def test_errors_have_one_of_three_codes(code: str | None, shown: str) -> None:
    """OpenAI's Assistants API had three; every other code becomes server_error (F067)."""
    assert last_error(code, "text").code == shown


def test_cancel_between_read_and_end_wins(services: Services) -> None:
    """The caller of `end` has read the run before the cancel request (F025)."""
    run = stage.put_run(services, status=RunStatus.IN_PROGRESS)
    services.runs.move(run, RunStatus.CANCELLING, among=[RunStatus.IN_PROGRESS])

    ended = services.run_ender.end(run, RunStatus.FAILED, last_error(None, "broken"))

    assert (ended.status, ended.last_error) == (RunStatus.CANCELLED, None)
    assert stage.stored_run(services).status is RunStatus.CANCELLED


@pytest.mark.parametrize("late", [RunStatus.COMPLETED, RunStatus.INCOMPLETE, RunStatus.FAILED])
def test_cancelling_run_can_only_become_cancelled(services: Services, late: RunStatus) -> None:
    """A late message is never shown, not even a truncated one (F025, F137)."""
    run = stage.put_run(services, status=RunStatus.IN_PROGRESS)
    services.runs.move(run, RunStatus.CANCELLING, among=[RunStatus.IN_PROGRESS])

    with pytest.raises(RunCancellingError):
        services.runs.end(run.model_copy(update={"status": late, "ended_at": 1}))


def test_ended_run_is_left_unchanged(services: Services, provider: ScriptedProvider) -> None:
    """Two concurrent callers end the run once (F038)."""
    run = stage.put_run(services, status=RunStatus.IN_PROGRESS, response_id="resp_1")
    services.runs.end(run.model_copy(update={"status": RunStatus.COMPLETED, "ended_at": 1}))

    ended = services.run_ender.end(run, RunStatus.EXPIRED)

    assert ended.status is RunStatus.COMPLETED
    assert provider.cancelled == ["resp_1"]


def test_run_of_deleted_thread_ends(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread is not created again (F028)."""
    run = stage.put_run(services)
    services.threads.delete(stage.TENANT, stage.THREAD_ID)

    services.run_ender.end(run, RunStatus.EXPIRED)

    assert services.threads.get(stage.TENANT, stage.THREAD_ID) is None
    stored: Any = services.runs.get(stage.TENANT, stage.THREAD_ID, stage.RUN_ID)
    assert stored is None or stored.status is RunStatus.EXPIRED


@pytest.mark.parametrize(
    ("error", "seconds", "tries"),
    [
        (ProviderUnavailableError("503"), 1, 2),
        (ProviderRateLimitedError("429", retry_after=7), 1, 2),
        (ProviderUnavailableError("no answer"), 20, 1),
    ],
)
def test_cancel_that_failed_quickly_is_retried(
    services: Services,
    provider: ScriptedProvider,
    clock: StandingClock,
    monkeypatch: pytest.MonkeyPatch,
    error: ProviderError,
    seconds: int,
    tries: int,
) -> None:
    """A slow failure is not retried, because the function needs its time to end the run."""
    run = stage.put_run(services, status=RunStatus.IN_PROGRESS, response_id="resp_1")
    asked: list[str] = []

    def fail(response_id: str) -> None:
        asked.append(response_id)
        clock.now += seconds
        raise error

    monkeypatch.setattr(provider, "cancel_response", fail)
    ended = services.run_ender.end(run, RunStatus.EXPIRED)

    assert asked == ["resp_1"] * tries
    assert ended.status is RunStatus.EXPIRED


def test_every_open_call_of_an_ended_run_is_closed(services: Services) -> None:
    """Also one that waits for approval; outputs that were stored stay (I7)."""
    run = stage.put_run(services, status=RunStatus.REQUIRES_ACTION)
    stage.put_call(services, "call_pending")
    stage.put_call(services, "call_undecided", status=CallStatus.AWAITING_APPROVAL)
    done = stage.put_call(services, "call_done")
    services.tool_calls.store_output(done, "output")

    services.run_ender.end(run, RunStatus.EXPIRED)

    calls = services.tool_calls.of_run(stage.TENANT, stage.RUN_ID)
    assert {call.call_id: call.status for call in calls} == {
        "call_pending": CallStatus.CLOSED,
        "call_undecided": CallStatus.CLOSED,
        "call_done": CallStatus.DONE,
    }
