"""sweep_runs repairs runs that a crash left behind."""

from collections.abc import Callable
from typing import Any

import pytest
from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.open_runs import SHARDS, shard_of
from understudy.adapters.dynamodb.table import Write
from understudy.domain.deadlines import GRACE_SECONDS, UNSTARTED_SECONDS
from understudy.domain.runs import RunStatus
from understudy.services import Services

from functions.sweep_runs.app import handler
from tests.fakes.executions import RecordedExecutions
from tests.fakes.provider import ScriptedProvider
from tests.unit import stage
from tests.unit.conftest import StandingClock

Sweep = Callable[[], dict[str, Any]]


@pytest.fixture
def sweep(services: Services, load_event: Callable[..., Any]) -> Sweep:
    """Invokes the function with the sample event."""
    return lambda: handler(load_event("sweep_runs", "schedule"), stage.Context(), services)


def test_run_without_execution_is_started(
    services: Services, executions: RecordedExecutions, sweep: Sweep, clock: StandingClock
) -> None:
    """The function that created it crashed before it started the execution (F007)."""
    stage.put_run(services)
    clock.advance(UNSTARTED_SECONDS)

    assert sweep()["started"] == 1
    assert executions.started == [stage.RUN_ID]
    assert sweep()["found"] == 0


def test_new_run_is_not_started_by_the_sweep(
    executions: RecordedExecutions, services: Services, sweep: Sweep, clock: StandingClock
) -> None:
    """Its execution has time to begin."""
    stage.put_run(services)
    clock.advance(UNSTARTED_SECONDS - 1)

    assert sweep()["found"] == 0
    assert executions.started == []


def test_run_without_its_thread_is_ended(
    services: Services, executions: RecordedExecutions, sweep: Sweep, clock: StandingClock
) -> None:
    """The function that created it crashed before the thread knew of it."""
    stage.put_run(services)
    place = keys.thread(stage.TENANT, stage.THREAD_ID)
    services.table.write(Write(key=place, remove=("active_run_id",)))
    clock.advance(UNSTARTED_SECONDS)

    assert sweep()["closed"] == 1
    assert stage.stored_run(services).status is RunStatus.FAILED
    assert executions.started == []


def test_run_at_work_is_swept_after_its_deadline(
    services: Services, executions: RecordedExecutions, sweep: Sweep, clock: StandingClock
) -> None:
    """It is found once, and then not before its deadline."""
    stage.put_run(services, status=RunStatus.IN_PROGRESS, response_id="resp_1")
    clock.advance(UNSTARTED_SECONDS)

    first = sweep()
    assert (first["found"], first["started"], first["closed"]) == (1, 0, 0)
    clock.advance(300)
    assert sweep()["found"] == 0
    assert executions.started == []


@pytest.mark.parametrize("status", [RunStatus.IN_PROGRESS, RunStatus.REQUIRES_ACTION])
def test_overdue_run_expires(
    services: Services,
    provider: ScriptedProvider,
    sweep: Sweep,
    clock: StandingClock,
    status: RunStatus,
) -> None:
    """Even if its execution and the event of the execution's end are lost (F038, F039)."""
    stage.put_run(services, status=status, response_id="resp_1")
    clock.advance(600 + GRACE_SECONDS)

    assert sweep()["closed"] == 1

    assert stage.stored_run(services).status is RunStatus.EXPIRED
    assert provider.cancelled == ["resp_1"]
    assert sweep()["found"] == 0


def test_overdue_run_without_execution_expires(
    services: Services, executions: RecordedExecutions, sweep: Sweep, clock: StandingClock
) -> None:
    """It is not started after its deadline."""
    stage.put_run(services)
    clock.advance(600 + GRACE_SECONDS)

    assert sweep()["closed"] == 1
    assert executions.started == []
    assert stage.stored_run(services).status is RunStatus.EXPIRED


def test_cancelling_run_ends_as_cancelled(
    services: Services, sweep: Sweep, clock: StandingClock
) -> None:
    """The cancel request wins over the expiry."""
    stage.put_run(services, status=RunStatus.CANCELLING)
    clock.advance(600 + GRACE_SECONDS)

    sweep()

    assert stage.stored_run(services).status is RunStatus.CANCELLED


def test_overdue_run_is_left_to_its_execution_for_a_while(
    services: Services, sweep: Sweep, clock: StandingClock
) -> None:
    """The state machine normally ends it."""
    stage.put_run(services, status=RunStatus.IN_PROGRESS, response_id="resp_1")
    clock.advance(600 + GRACE_SECONDS - 1)

    assert sweep()["closed"] == 0


def test_broken_run_does_not_stop_the_sweep(
    services: Services, sweep: Sweep, clock: StandingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The longest overdue run comes first, so one that always fails would block all others."""
    run = stage.put_run(services)
    clock.advance(600 + GRACE_SECONDS)
    broken = ("acme", "thread_broken", "run_broken")
    found = [broken, (run.tenant, run.thread_id, run.id)]
    monkeypatch.setattr(services.open_runs, "due", lambda *_: found)
    read = services.runs.get

    def get(*ids: str) -> Any:
        if ids == broken:
            raise ValueError("an unreadable item")
        return read(*ids)

    monkeypatch.setattr(services.runs, "get", get)

    result = sweep()

    assert (result["closed"], result["broken"]) == (1, 1)


def test_queued_run_starts_if_the_end_before_it_was_missed(
    services: Services, executions: RecordedExecutions, sweep: Sweep, clock: StandingClock
) -> None:
    """The record of the stream was lost. Its time limit begins now."""
    run = stage.put_run(services)
    stage.put_queued_run(services)
    clock.advance(UNSTARTED_SECONDS)
    over = {"status": RunStatus.COMPLETED, "ended_at": int(clock())}
    services.runs.end(run.model_copy(update=over))

    assert sweep()["started"] == 1

    assert executions.started == [stage.QUEUED_ID]
    assert stage.stored_run(services, stage.QUEUED_ID).deadline == int(clock()) + 600


def test_queued_run_does_not_expire_while_it_waits(
    services: Services, executions: RecordedExecutions, sweep: Sweep, clock: StandingClock
) -> None:
    """The run before it may take longer than the queued run's own time limit."""
    stage.put_run(services, status=RunStatus.REQUIRES_ACTION, response_id="resp_1", deadline=2**31)
    stage.put_queued_run(services)
    clock.advance(24 * 3600)

    result = sweep()

    assert (result["started"], result["closed"]) == (0, 0)
    assert stage.stored_run(services, stage.QUEUED_ID).status is RunStatus.QUEUED
    assert executions.started == []
    assert sweep()["found"] == 0


def test_cancelled_run_without_execution_is_started_to_end(
    services: Services, executions: RecordedExecutions, sweep: Sweep, clock: StandingClock
) -> None:
    """Its execution ends it at once; without one it would hold its thread until its deadline."""
    stage.put_run(services, status=RunStatus.CANCELLING)
    clock.advance(UNSTARTED_SECONDS)

    assert sweep()["started"] == 1
    assert executions.started == [stage.RUN_ID]


def test_runs_are_spread_over_the_hash_values_of_the_index() -> None:
    """No hash value has more than a small part of all runs."""
    shards = [shard_of(f"run_{number:024}") for number in range(3200)]

    assert len(set(shards)) == SHARDS
    assert max(map(shards.count, set(shards))) < 2 * 3200 / SHARDS


def test_sweep_stops_while_enough_time_remains_to_end_one_run(
    services: Services, provider: ScriptedProvider, clock: StandingClock, sweep: Sweep
) -> None:
    """Each cancel takes 5 of the function's 28 seconds. The next sweep goes on."""
    context = stage.Context()
    started = clock.now + 600 + GRACE_SECONDS
    context.get_remaining_time_in_millis = lambda: int(28 - (clock.now - started)) * 1000  # type: ignore[method-assign]
    first = stage.put_run(services, status=RunStatus.IN_PROGRESS, response_id="resp_1")
    for number in range(2, 6):
        copied = {
            "id": f"run_{number}",
            "response_id": f"resp_{number}",
            "thread_id": f"t_{number}",
        }
        thread = stage.put_thread(services, id=copied["thread_id"])
        services.runs.create(first.model_copy(update=copied), thread, [])
    clock.advance(600 + GRACE_SECONDS)

    def cancel(response_id: str) -> None:
        provider.cancelled.append(response_id)
        clock.advance(5)

    provider.cancel_response = cancel  # type: ignore[method-assign]

    done = handler({}, context, services)

    assert (done["found"], done["closed"]) == (5, 2)
    assert len(provider.cancelled) == 2
    provider.cancel_response = provider.cancelled.append  # type: ignore[method-assign]
    assert sweep()["closed"] == 3


def test_sweep_reads_every_hash_value_of_the_index(
    services: Services, clock: StandingClock
) -> None:
    """A run that is due is found, whatever its id."""
    names = {shard_of(f"run_{number}"): f"run_{number}" for number in range(400)}
    for shard, run_id in names.items():
        key = keys.run(stage.TENANT, stage.THREAD_ID, run_id)
        services.table.write(Write(key=key, assign={"sweep_shard": shard, "sweep_at": 1}))

    found = services.open_runs.due(int(clock.now), 10)

    assert len(names) == SHARDS
    assert {run_id for _, _, run_id in found} == set(names.values())
