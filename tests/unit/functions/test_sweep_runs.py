"""The schedule that finds what everything else has missed."""

from collections.abc import Callable
from typing import Any

import pytest
from understudy.domain.runs import RunStatus
from understudy.services import Services

from functions.sweep_runs.app import handler
from functions.sweep_runs.sweep import GRACE_SECONDS, UNSTARTED_SECONDS
from tests.fakes.executions import RecordedExecutions
from tests.fakes.provider import ScriptedProvider
from tests.unit import stage
from tests.unit.conftest import StandingClock

Sweep = Callable[[], dict[str, Any]]


@pytest.fixture
def sweep(services: Services, load_event: Callable[..., Any]) -> Sweep:
    """Hands the sample event to the function."""
    return lambda: handler(load_event("sweep_runs", "schedule"), stage.Context(), services)


def test_a_run_that_was_never_started_is_started(
    services: Services, executions: RecordedExecutions, sweep: Sweep, clock: StandingClock
) -> None:
    """Its creator died between the table and Step Functions (F007)."""
    stage.put_run(services)
    clock.advance(UNSTARTED_SECONDS)

    assert sweep()["started"] == 1
    assert executions.started == [stage.RUN_ID]


def test_a_run_that_was_just_created_is_left_to_its_creator(
    executions: RecordedExecutions, services: Services, sweep: Sweep, clock: StandingClock
) -> None:
    """An execution gets a minute to take up its run."""
    stage.put_run(services)
    clock.advance(UNSTARTED_SECONDS - 1)

    assert sweep()["started"] == 0
    assert executions.started == []


def test_a_run_that_its_execution_has_taken_up_is_not_started_again(
    services: Services, executions: RecordedExecutions, sweep: Sweep, clock: StandingClock
) -> None:
    """However long it works."""
    stage.put_run(services, status=RunStatus.IN_PROGRESS, response_id="resp_1")
    clock.advance(GRACE_SECONDS + 300)

    assert (sweep()["started"], sweep()["closed"]) == (0, 0)
    assert executions.started == []


@pytest.mark.parametrize("status", [RunStatus.IN_PROGRESS, RunStatus.REQUIRES_ACTION])
def test_a_run_that_outlived_its_deadline_expires(
    services: Services,
    provider: ScriptedProvider,
    sweep: Sweep,
    clock: StandingClock,
    status: RunStatus,
) -> None:
    """Whatever became of its execution, and of the event that tells so (F038, F039)."""
    stage.put_run(services, status=status, response_id="resp_1")
    clock.advance(600 + GRACE_SECONDS)

    assert sweep()["closed"] == 1

    assert stage.stored_run(services).status is RunStatus.EXPIRED
    assert provider.cancelled == ["resp_1"]
    assert sweep()["found"] == 0


def test_a_run_that_never_started_expires_too(
    services: Services, executions: RecordedExecutions, sweep: Sweep, clock: StandingClock
) -> None:
    """Past its deadline it is not started any more."""
    stage.put_run(services)
    clock.advance(600 + GRACE_SECONDS)

    assert sweep()["closed"] == 1
    assert executions.started == []
    assert stage.stored_run(services).status is RunStatus.EXPIRED


def test_a_run_being_cancelled_ends_as_cancelled(
    services: Services, sweep: Sweep, clock: StandingClock
) -> None:
    """A cancel does not get lost either."""
    stage.put_run(services, status=RunStatus.CANCELLING)
    clock.advance(600 + GRACE_SECONDS)

    sweep()

    assert stage.stored_run(services).status is RunStatus.CANCELLED


def test_within_its_grace_an_overdue_run_is_left_to_its_machine(
    services: Services, sweep: Sweep, clock: StandingClock
) -> None:
    """The machine ends it by itself."""
    stage.put_run(services, status=RunStatus.IN_PROGRESS, response_id="resp_1")
    clock.advance(600 + GRACE_SECONDS - 1)

    assert sweep()["closed"] == 0


def test_one_run_that_cannot_be_closed_does_not_keep_the_others_open(
    services: Services, sweep: Sweep, clock: StandingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest is taken first, so one that always fails would block all behind it."""
    run = stage.put_run(services)
    clock.advance(600 + GRACE_SECONDS)
    broken = ("acme", "thread_broken", "run_broken")
    found = [broken, (run.tenant, run.thread_id, run.id)]
    monkeypatch.setattr(services.runs, "overdue", lambda *_: found)
    read = services.runs.get

    def get(*ids: str) -> Any:
        if ids == broken:
            raise ValueError("an item that nobody can read")
        return read(*ids)

    monkeypatch.setattr(services.runs, "get", get)

    result = sweep()

    assert (result["closed"], result["broken"]) == (1, 1)
