"""What goes with a thread, and what stays."""

from collections.abc import Callable
from typing import Any

import pytest
from understudy.adapters.dynamodb import bodies
from understudy.domain.files import File
from understudy.domain.runs import RunStatus
from understudy.errors import ProviderUnavailableError, StorageUnavailableError
from understudy.files.vector_stores import open_store, promise_store
from understudy.services import Services

from functions.clean_up_thread.app import handler
from tests.fakes.provider import ScriptedProvider, usage
from tests.fakes.provider_files import MemoryAccount
from tests.fakes.run_events import RecordedRunEvents
from tests.unit import stage

Clean = Callable[..., Any]
LEDGER = ("usage#", "recorded#")


@pytest.fixture
def world(services: Services) -> RecordedRunEvents:
    """Who is told of the ends of runs."""
    world = RecordedRunEvents()
    services.__dict__["run_events"] = world
    return world


@pytest.fixture
def account(services: Services, world: RecordedRunEvents) -> MemoryAccount:
    return MemoryAccount().serve(services)


@pytest.fixture
def clean(services: Services, load_event: Callable[[str, str], Any]) -> Clean:
    """Hands a sample event to the function."""
    return lambda case="expired": handler(
        load_event("clean_up_thread", case), stage.Context(), services
    )


def put_file(services: Services, file_id: str, *holders: str) -> None:
    """A file of the tenant that the holders use, with a copy in the bucket."""
    key = f"files/acme/{file_id}"
    services.objects.put(key, b"x", "text/plain")
    file = File(
        id=file_id,
        tenant="acme",
        filename="a.csv",
        purpose="assistants",
        bytes=1,
        created_at=0,
        provider_id=f"P-{file_id}",
        object_key=key,
    )
    services.files.put_new(file)
    for holder in holders:
        assert services.file_uses.add("acme", holder, {file_id: ["code_interpreter"]}) == []


def leave_thread(services: Services) -> None:
    """A run's thread with all that it may have, whose item is gone."""
    stage.put_run(services, "One", "Two", response_id="resp_1")
    stage.put_call(services)
    put_file(services, "file-a", stage.THREAD_ID)
    services.objects.put(f"images/acme/{stage.THREAD_ID}/file-x", b"x", "image/png")
    services.objects.put(f"bodies/thread/acme/{stage.THREAD_ID}/message/1.json", b"{}", "a/b")
    store = promise_store(services, tenant="acme", wanted={}, thread_id=stage.THREAD_ID)
    open_store(services, store)
    services.threads.delete("acme", stage.THREAD_ID)


def rest_of(services: Services) -> list[str]:
    """The keys of all items that are left, apart from the ledger: what was used was used."""
    items = services.table._client.scan(TableName="table")["Items"]
    return [key for item in items if not (key := item["pk"]["S"]).startswith(LEDGER)]


@pytest.mark.parametrize("case", ["expired", "deleted"])
def test_all_that_a_thread_had_goes_with_it(
    services: Services, account: MemoryAccount, clean: Clean, case: str
) -> None:
    """By its TTL or by a caller: items, objects, and what the provider has."""
    leave_thread(services)

    assert clean(case) == {"batchItemFailures": []}

    assert rest_of(services) == []
    listed = services.objects._client().list_objects_v2(Bucket="bucket")
    assert listed["KeyCount"] == 0
    assert ("delete file", "P-file-a") in account.done
    assert ("delete response", "resp_1") in account.done
    assert account.stores == {}
    if case == "expired":
        assert ("delete container", "cntr_1") in account.done


def test_a_cleanup_that_broke_off_goes_on(
    services: Services, account: MemoryAccount, clean: Clean
) -> None:
    """Wherever it stops, the next try removes the rest."""
    leave_thread(services)
    for broken in range(6):
        account.fails = [ProviderUnavailableError("HTTP 503")]
        failures = clean()["batchItemFailures"]
        assert [each["itemIdentifier"] for each in failures] == ["111"], broken
        account.fails = []

    assert clean() == {"batchItemFailures": []}
    assert rest_of(services) == []


def test_a_cleanup_of_large_runs_goes_on_too(
    services: Services, account: MemoryAccount, clean: Clean, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a run's body is needed for comes before its body goes."""
    monkeypatch.setattr(bodies, "LARGE", 10)
    leave_thread(services)
    below = services.objects.delete_below
    broken = [f"images/acme/{stage.THREAD_ID}/"]

    def delete_below(prefix: str) -> None:
        if prefix in broken:
            broken.remove(prefix)
            raise StorageUnavailableError("the bucket does not answer")
        below(prefix)

    monkeypatch.setattr(services.objects, "delete_below", delete_below)

    assert clean()["batchItemFailures"] != []
    assert clean()["batchItemFailures"] == []
    assert rest_of(services) == []


def test_a_file_that_another_thread_has_stays(
    services: Services, account: MemoryAccount, clean: Clean
) -> None:
    """It goes with the last one that has it."""
    leave_thread(services)
    put_file(services, "file-b", stage.THREAD_ID, "thread_other")

    clean()

    file = services.files.get("acme", "file-b")
    assert (file.uses, file.provider_id) == (1, "P-file-b")
    assert services.objects.get("files/acme/file-b") == b"x"


def test_a_thread_that_is_alive_is_left_alone(
    services: Services, account: MemoryAccount, clean: Clean
) -> None:
    """A record that is older than the thread's life removes nothing."""
    stage.put_run(services, "One")
    before = rest_of(services)

    assert clean() == {"batchItemFailures": []}
    assert rest_of(services) == before
    assert account.done == []


def test_one_poison_record_keeps_nothing_from_the_others(
    services: Services, account: MemoryAccount, clean: Clean
) -> None:
    """Only the record that has no old image is named, and comes again until it is given up."""
    leave_thread(services)

    answer = clean("poison")

    assert answer == {"batchItemFailures": [{"itemIdentifier": "222"}]}
    assert rest_of(services) == []


def test_doing_it_twice_is_fine(services: Services, account: MemoryAccount, clean: Clean) -> None:
    """What is missing counts as removed."""
    leave_thread(services)
    clean()

    assert clean() == {"batchItemFailures": []}


def test_a_run_that_still_works_is_cancelled_and_counted(
    services: Services,
    account: MemoryAccount,
    provider: ScriptedProvider,
    world: RecordedRunEvents,
    clean: Clean,
) -> None:
    """Its model stops, what it used is in the ledger, and who listens hears of its end."""
    stage.put_run(services, response_id="resp_2", usage=[usage("resp_1")])
    stage.put_call(services)
    services.threads.delete("acme", stage.THREAD_ID)

    clean()
    clean()

    assert provider.cancelled == ["resp_2"]
    [row] = services.usage.rows("acme", "2027-01-15", "2027-01-15")
    assert (row.totals.runs, row.totals.prompt_tokens) == (1, 100)
    assert [kind for kind, _ in world.told] == ["understudy.run.cancelled"]
    assert rest_of(services) == []


@pytest.mark.parametrize(("seconds_ago", "counted"), [(5, 1), (7200, 0)])
def test_a_run_that_has_just_ended_is_counted_in_case_nobody_has(
    services: Services,
    account: MemoryAccount,
    world: RecordedRunEvents,
    clean: Clean,
    seconds_ago: int,
    counted: int,
) -> None:
    """Its execution finds no run any more; an older one was recorded long ago."""
    run = stage.put_run(services)
    over = {"status": RunStatus.COMPLETED, "ended_at": int(services.now()) - seconds_ago}
    services.runs.end(run.model_copy(update=over))
    services.threads.delete("acme", stage.THREAD_ID)

    clean()

    assert len(world.told) == counted
    rows = list(services.usage.rows("acme", "2027-01-15", "2027-01-15"))
    assert len(rows) == counted


def test_a_world_that_does_not_listen_keeps_the_run(
    services: Services, account: MemoryAccount, world: RecordedRunEvents, clean: Clean
) -> None:
    """The next try tells it; the run is counted once all the same."""
    leave_thread(services)
    world.refusals = 1

    assert clean()["batchItemFailures"]
    assert clean() == {"batchItemFailures": []}

    assert [kind for kind, _ in world.told] == ["understudy.run.cancelled"]
    [row] = services.usage.rows("acme", "2027-01-15", "2027-01-15")
    assert row.totals.runs == 1
