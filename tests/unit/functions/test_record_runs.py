"""record_runs counts each ended run once, in whatever batches the stream delivers its end."""

import copy
import json
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from understudy.domain.budgets import Limits, RunBudget
from understudy.domain.runs import Run, RunStatus
from understudy.domain.usage import NANO, UsageRow
from understudy.errors import StorageUnavailableError
from understudy.services import Services

from functions.record_runs.app import handler
from tests.fakes.executions import RecordedExecutions
from tests.fakes.run_events import RecordedRunEvents
from tests.unit import stage

DAY = "2027-01-15"
ENDED_AT = 1_800_000_007
Record = dict[str, Any]


@pytest.fixture
def bus(services: Services) -> RecordedRunEvents:
    """The event bus."""
    bus = RecordedRunEvents()
    services.__dict__["run_events"] = bus
    return bus


@pytest.fixture
def sample(load_event: Callable[..., Any]) -> Record:
    """The record of the sample event."""
    [record] = load_event("record_runs", "ended")["Records"]
    return dict(record)


def ended(sample: Record, number: int, **changed: Any) -> Record:
    """The record of another run's end."""
    record: Record = copy.deepcopy(sample)
    stream = record["dynamodb"]
    stream["SequenceNumber"] = str(10**20 + number)
    stream["NewImage"] |= {"id": {"S": f"run_{number}"}, "sk": {"S": f"run#run_{number}"}}
    for name, value in changed.items():
        kind = "N" if isinstance(value, int) else "S"
        stream["NewImage"][name] = {kind: str(value)}
    return record


def record(services: Services, *records: Record) -> list[str]:
    """Delivers a batch; returns the sequence numbers that failed."""
    response = handler({"Records": list(records)}, stage.Context(), services)
    return [each["itemIdentifier"] for each in response["batchItemFailures"]]


def ledger(services: Services) -> list[UsageRow]:
    return list(services.usage.rows(stage.TENANT, DAY, DAY))


def writes_of(services: Services, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Records the writes to the table from now on."""
    made: list[str] = []
    write, transact = services.table.write, services.table.transact
    monkeypatch.setattr(services.table, "write", lambda one: made.append("write") or write(one))
    monkeypatch.setattr(
        services.table,
        "transact",
        lambda many: made.extend(["write"] * len(many)) or transact(many),
    )
    return made


def test_ended_run_is_counted_and_announced_once(
    services: Services, bus: RecordedRunEvents, sample: Record
) -> None:
    """A repeated delivery changes nothing."""
    assert record(services, sample) == []
    assert record(services, sample) == []

    [row] = ledger(services)
    assert (row.assistant_id, row.model) == (stage.ASSISTANT_ID, "gpt-6-luna")
    assert row.totals.model_dump() == {
        "runs": 1,
        "prompt_tokens": 100,
        "cached_tokens": 0,
        "completion_tokens": 20,
        "nano_usd": 1_000_000,
        "unknown_cost_runs": 0,
    }
    assert [kind for kind, _ in bus.published] == ["understudy.run.completed"]


def test_runs_that_end_together_share_a_write(
    services: Services,
    bus: RecordedRunEvents,
    sample: Record,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Twenty runs of a tenant cost one write of the ledger."""
    made = writes_of(services, monkeypatch)

    record(services, *(ended(sample, number) for number in range(20)))

    assert made == ["write"]
    assert [row.totals.runs for row in ledger(services)] == [20]
    assert len(bus.published) == 20


@pytest.mark.parametrize(("runs", "writes"), [(2, 1), (20, 1), (21, 2), (100, 5)])
def test_runs_of_a_tenant_cost_fewer_writes_than_runs(
    services: Services,
    bus: RecordedRunEvents,
    sample: Record,
    monkeypatch: pytest.MonkeyPatch,
    runs: int,
    writes: int,
) -> None:
    """One write for twenty runs."""
    made = writes_of(services, monkeypatch)

    record(services, *(ended(sample, number) for number in range(runs)))

    assert len(made) == writes
    assert sum(row.totals.runs for row in ledger(services)) == runs


def test_largest_batch_takes_a_bounded_number_of_calls(
    services: Services, bus: RecordedRunEvents, sample: Record
) -> None:
    """One read and at most one write for each run, which bounds the lag of the runs behind it."""
    calls: list[str] = []
    services.table._client.meta.events.register(
        "before-call.dynamodb", lambda model, **_: calls.append(model.name)
    )

    record(services, *(ended(sample, number, user_id=f"u{number}") for number in range(100)))

    assert Counter(calls) == {"BatchGetItem": 1, "UpdateItem": 100}


def test_batches_that_are_split_differently_count_each_run_once(
    services: Services, bus: RecordedRunEvents, sample: Record
) -> None:
    """Retries with other borders, duplicates and another order do not change the sums."""
    records = [ended(sample, number) for number in range(60)]
    shuffled = random.Random(7)

    record(services, *records[:13])
    record(services, *records[5:40])
    shuffled.shuffle(records)
    record(services, *records)
    record(services, *records[20:], *records[:30])

    assert sum(row.totals.runs for row in ledger(services)) == 60
    assert sum(row.totals.nano_usd for row in ledger(services)) == 60 * 1_000_000
    assert len({detail["run_id"] for _, detail in bus.published}) == len(bus.published) == 60


def test_concurrent_batches_count_each_run_once(
    services: Services, bus: RecordedRunEvents, sample: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another batch counts some of the runs between this one's read and its write."""
    records = [ended(sample, number) for number in range(6)]
    read = services.usage.uncounted
    calls: list[int] = []

    def read_then_other_batch(runs: Any) -> Any:
        found = read(runs)
        calls.append(len(found))
        if len(calls) == 1:
            services.usage.count(found[:2])
        return found

    monkeypatch.setattr(services.usage, "uncounted", read_then_other_batch)

    record(services, *records)

    assert sum(row.totals.runs for row in ledger(services)) == 6


def test_unavailable_bus_is_retried(
    services: Services, bus: RecordedRunEvents, sample: Record
) -> None:
    """Nothing is counted before the event is published."""
    bus.failures = 1

    with pytest.raises(StorageUnavailableError):
        record(services, sample)
    assert ledger(services) == []
    record(services, sample)

    assert [row.totals.runs for row in ledger(services)] == [1]
    assert len(bus.published) == 1


def test_event_has_ids_and_numbers_but_no_contents(
    services: Services, bus: RecordedRunEvents, sample: Record
) -> None:
    """Other systems read contents through the API."""
    error = json.dumps({"code": "server_error", "message": "the text of an error"})
    metadata = json.dumps({"secret": "yes"})

    record(services, ended(sample, 1, run_status="failed", last_error=error, metadata=metadata))

    [(kind, detail)] = bus.published
    assert kind == "understudy.run.failed"
    assert (detail["run_id"], detail["cost_usd"]) == ("run_1", 0.001)
    assert (detail["error_code"], detail["drops"]) == ("server_error", False)
    assert "the text of an error" not in str(detail)
    assert "secret" not in str(detail)


@pytest.mark.parametrize(
    "waits", [{"metadata": json.dumps({"dropped_file": "file-a"})}, {"has_drops": "true"}]
)
def test_event_says_that_dropped_files_wait(
    services: Services, bus: RecordedRunEvents, sample: Record, waits: dict[str, str]
) -> None:
    """Its rule invokes follow_drop."""
    record(services, ended(sample, 1, **waits))

    [(_, detail)] = bus.published
    assert detail["drops"] is True


def test_hold_on_a_budget_becomes_the_cost(
    services: Services, bus: RecordedRunEvents, sample: Record
) -> None:
    """The difference can be spent by other runs; a repeated delivery settles nothing twice."""
    limits = Limits(tenant_day_usd=1, run_usd=0.25)

    def hold() -> RunBudget:
        return services.usage_limits.hold(tenant=stage.TENANT, user_id=None, limits=limits)

    budgets = [hold(), hold()]
    [counter] = budgets[0].counters
    assert services.budgets.spent(stage.TENANT, [counter]) == {counter: NANO // 2}
    records = [
        ended(sample, number, budget=budget.model_dump_json())
        for number, budget in enumerate(budgets)
    ]

    record(services, *records)
    record(services, *records)

    assert services.budgets.spent(stage.TENANT, [counter]) == {counter: 2 * NANO // 1000}


def test_unreadable_record_does_not_stop_the_others(
    services: Services, bus: RecordedRunEvents, sample: Record
) -> None:
    """It alone is reported as failed."""
    broken = ended(sample, 2, run_status="no status")

    failed = record(services, ended(sample, 1), broken, ended(sample, 3))

    assert failed == [broken["dynamodb"]["SequenceNumber"]]
    assert [row.totals.runs for row in ledger(services)] == [2]


def test_row_of_a_run_follows_from_the_run_alone(
    services: Services, bus: RecordedRunEvents, sample: Record
) -> None:
    """Runs of another user or of other five minutes have rows of their own."""
    record(
        services,
        ended(sample, 1),
        ended(sample, 2, user_id="u2"),
        ended(sample, 3, ended_at=ENDED_AT + 300),
    )

    assert [row.totals.runs for row in ledger(services)] == [1, 1, 1]


def test_budget_is_settled_once_by_concurrent_batches(
    services: Services, bus: RecordedRunEvents, sample: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another batch counts the run between this one's read and its write."""
    limits = Limits(tenant_day_usd=1, run_usd=0.25)
    budget = services.usage_limits.hold(tenant=stage.TENANT, user_id=None, limits=limits)
    [counter] = budget.counters
    read = services.usage.uncounted

    def read_then_other_batch(runs: Any) -> Any:
        found = read(runs)
        monkeypatch.setattr(services.usage, "uncounted", read)
        services.usage.count(found)
        return found

    monkeypatch.setattr(services.usage, "uncounted", read_then_other_batch)

    record(services, ended(sample, 1, budget=budget.model_dump_json()))

    assert services.budgets.spent(stage.TENANT, [counter]) == {counter: NANO // 1000}


def last_record(sample: Record) -> Record:
    """Returns the record of the end of a run that has a queue behind it."""
    last = copy.deepcopy(sample)
    last["dynamodb"]["NewImage"]["has_queue"] = {"BOOL": True}
    return last


def test_end_of_a_run_starts_the_next_one_of_its_queue(
    services: Services, bus: RecordedRunEvents, sample: Record, executions: RecordedExecutions
) -> None:
    """A repeated record starts no other run. An end without the mark starts none."""
    stage.put_run(services)
    for number in (1, 2):
        stage.put_queued_run(services, f"run_next_{number}")
    over = {"status": RunStatus.COMPLETED, "ended_at": 1}
    services.runs.end(stage.stored_run(services).model_copy(update=over))

    assert record(services, copy.deepcopy(sample)) == []
    assert executions.started == []
    assert record(services, last_record(sample)) == []
    assert record(services, last_record(sample)) == []

    assert set(executions.started) == {"run_next_1"}
    waiting = services.threads.get(stage.TENANT, stage.THREAD_ID)
    assert waiting is not None
    assert (waiting.active_run_id, waiting.run_queue) == ("run_next_1", ["run_next_2"])


def test_execution_that_could_not_be_started_is_started_by_a_retry(
    services: Services, bus: RecordedRunEvents, sample: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lambda delivers the record again; the run has left the queue by then."""
    stage.put_run(services)
    stage.put_queued_run(services)
    over = {"status": RunStatus.COMPLETED, "ended_at": 1}
    services.runs.end(stage.stored_run(services).model_copy(update=over))
    started: list[str] = []

    def start(run: Run) -> None:
        started.append(run.id)
        if len(started) == 1:
            raise StorageUnavailableError("throttled")

    monkeypatch.setattr(services.executions, "start", start)

    with pytest.raises(StorageUnavailableError):
        record(services, last_record(sample))
    record(services, last_record(sample))

    assert started == [stage.QUEUED_ID] * 2
