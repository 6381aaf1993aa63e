"""Recording a run that has ended: once in the ledger, and told to the world at least once."""

from typing import Any

import pytest
from understudy.domain.budgets import Limits, RunBudget
from understudy.domain.run_errors import LastError
from understudy.domain.runs import Run, RunStatus
from understudy.domain.usage import NANO, UsageRow
from understudy.errors import LimitExceededError, RunError, StorageUnavailableError
from understudy.services import Services

from tests.fakes.provider import usage
from tests.fakes.run_events import RecordedRunEvents
from tests.unit import stage

DAY = "2027-01-15"


@pytest.fixture
def world(services: Services) -> RecordedRunEvents:
    """Who is told of the ends of runs."""
    world = RecordedRunEvents()
    services.__dict__["run_events"] = world
    return world


def ended(services: Services, **fields: Any) -> Run:
    """A run that has ended with one turn that cost a tenth of a cent."""
    run = stage.put_run(services)
    turns = [usage().model_copy(update={"cost_usd": 0.001})]
    known = {"status": RunStatus.COMPLETED, "ended_at": run.created_at + 7, "usage": turns}
    done = run.model_copy(update=known | fields)
    services.runs.end(done)
    return stage.stored_run(services)


def ledger(services: Services) -> list[UsageRow]:
    return list(services.usage.rows(stage.TENANT, DAY, DAY))


def test_a_run_is_in_the_ledger_once(services: Services, world: RecordedRunEvents) -> None:
    """Recording it again, whoever does, neither counts nor tells it again."""
    run = ended(services, user_id="u1")

    services.run_recorder.record(run)
    services.run_recorder.record(run)

    [row] = ledger(services)
    assert (row.user_id, row.assistant_id, row.model) == ("u1", stage.ASSISTANT_ID, "gpt-6-luna")
    assert row.totals.model_dump() == {
        "runs": 1,
        "prompt_tokens": 100,
        "cached_tokens": 0,
        "completion_tokens": 20,
        "nano_usd": 1_000_000,
        "unknown_cost_runs": 0,
    }
    assert [kind for kind, _ in world.told] == ["understudy.run.completed"]


def test_runs_of_one_kind_add_up_in_one_row(services: Services, world: RecordedRunEvents) -> None:
    """Another run of the same user, assistant and model on the same day makes no new row."""
    run = ended(services)

    services.run_recorder.record(run)
    services.run_recorder.record(run.model_copy(update={"id": "run_00000000other"}))
    services.run_recorder.record(
        run.model_copy(update={"id": "run_00000000third", "user_id": "u2"})
    )

    assert sorted(row.totals.runs for row in ledger(services)) == [1, 2]


def test_a_bus_that_does_not_answer_is_told_later(
    services: Services, world: RecordedRunEvents
) -> None:
    """The ledger has the run already; the next try tells the world and counts nothing twice."""
    world.refusals = 1
    run = ended(services)

    with pytest.raises(StorageUnavailableError):
        services.run_recorder.record(run)
    services.run_recorder.record(run)

    assert [row.totals.runs for row in ledger(services)] == [1]
    assert len(world.told) == 1


def test_the_event_has_ids_and_numbers_and_no_contents(
    services: Services, world: RecordedRunEvents
) -> None:
    """Other systems learn how the run ended, and ask the API for what was said."""
    error = LastError(code="server_error", message="the text of an error")
    run = ended(services, status=RunStatus.FAILED, last_error=error, metadata={"secret": "yes"})

    services.run_recorder.record(run)

    [(kind, detail)] = world.told
    assert kind == "understudy.run.failed"
    assert detail["run_id"] == stage.RUN_ID
    assert detail["cost_usd"] == 0.001
    assert detail["error_code"] == "server_error"
    assert "the text of an error" not in str(detail)
    assert "secret" not in str(detail)


def test_a_run_that_has_not_ended_is_not_recorded(services: Services) -> None:
    """Recording too early would settle its budget before its cost is known."""
    with pytest.raises(RunError):
        services.run_recorder.record(stage.put_run(services))

    assert ledger(services) == []


def test_the_hold_on_a_budget_becomes_the_cost(
    services: Services, world: RecordedRunEvents
) -> None:
    """What was set aside and not spent can be spent by others."""
    limits = Limits(tenant_day_usd=1, run_usd=0.25)
    budget = services.usage_limits.hold(tenant=stage.TENANT, user_id=None, limits=limits)
    [counter] = budget.counters
    assert services.budgets.spent(stage.TENANT, [counter]) == {counter: NANO // 4}

    services.run_recorder.record(ended(services, budget=budget))

    assert services.budgets.spent(stage.TENANT, [counter]) == {counter: NANO // 1000}


def test_no_more_runs_are_let_in_than_the_budget_holds(services: Services) -> None:
    """Each run holds its cap, so runs that start together cannot spend the same money."""
    limits = Limits(tenant_day_usd=1, user_day_usd=10, run_usd=0.25)

    def hold() -> None:
        services.usage_limits.hold(tenant=stage.TENANT, user_id="u1", limits=limits)

    for _ in range(4):
        hold()
    with pytest.raises(LimitExceededError) as refused:
        hold()

    assert refused.value.code == "budget_exceeded"
    assert refused.value.retry_after is None


def test_a_refused_run_holds_nothing(services: Services) -> None:
    """Where the user's budget refuses, the hold on the tenant's is taken off again."""
    limits = Limits(tenant_day_usd=1, user_day_usd=0)

    with pytest.raises(LimitExceededError):
        services.usage_limits.hold(tenant=stage.TENANT, user_id="u1", limits=limits)

    name = f"{DAY}#tenant"
    assert services.budgets.spent(stage.TENANT, [name]) == {name: 0}


def test_a_new_day_has_a_new_budget(services: Services, clock: Any) -> None:
    """Yesterday's money is not today's."""
    limits = Limits(tenant_day_usd=0.02)

    def hold() -> RunBudget:
        return services.usage_limits.hold(tenant=stage.TENANT, user_id=None, limits=limits)

    hold()
    with pytest.raises(LimitExceededError):
        hold()
    clock.advance(24 * 3600)
    assert hold().counters == ("2027-01-16#tenant",)
