"""clean_up_thread removes a thread's contents, except files that are used elsewhere."""

from collections.abc import Callable
from typing import Any

import pytest
from understudy.adapters.dynamodb import bodies
from understudy.domain.files import File
from understudy.domain.runs import Run, RunStatus
from understudy.errors import ProviderUnavailableError, StorageUnavailableError
from understudy.files.vector_stores import ensure_created, register_vector_store
from understudy.services import Services

from functions.clean_up_thread.app import handler
from tests.fakes.provider import ScriptedProvider, usage
from tests.fakes.provider_files import MemoryAccount
from tests.unit import stage

Clean = Callable[..., Any]
LEDGER = ("usage#", "recorded#")


@pytest.fixture
def account(services: Services) -> MemoryAccount:
    return MemoryAccount().serve(services)


@pytest.fixture
def clean(services: Services, load_event: Callable[[str, str], Any]) -> Clean:
    """Invokes the function with a sample event."""
    return lambda case="expired": handler(
        load_event("clean_up_thread", case), stage.Context(), services
    )


def put_file(services: Services, file_id: str, *holders: str) -> None:
    """Stores a file of the tenant that the holders use, with a copy in the bucket."""
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
    """Stores a thread with all kinds of contents, and deletes its own item."""
    stage.put_run(services, "One", "Two", response_id="resp_1")
    stage.put_call(services)
    put_file(services, "file-a", stage.THREAD_ID)
    services.objects.put(f"images/acme/{stage.THREAD_ID}/file-x", b"x", "image/png")
    services.objects.put(f"bodies/thread/acme/{stage.THREAD_ID}/message/1.json", b"{}", "a/b")
    store = register_vector_store(
        services.vector_stores,
        services.file_uses,
        services.now,
        tenant="acme",
        creation_request={},
        thread_id=stage.THREAD_ID,
    )
    ensure_created(services.vector_stores, services.files, services.provider_vector_stores, store)
    services.threads.delete("acme", stage.THREAD_ID)


def rest_of(services: Services) -> list[str]:
    """Returns the partition keys of all remaining items, except for the usage ledger."""
    items = services.table._client.scan(TableName="table")["Items"]
    return [key for item in items if not (key := item["pk"]["S"]).startswith(LEDGER)]


@pytest.mark.parametrize("case", ["expired", "deleted"])
def test_all_contents_of_a_thread_are_removed(
    services: Services, account: MemoryAccount, clean: Clean, case: str
) -> None:
    """Items, objects and everything at the provider, after expiry and after a delete."""
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


def test_interrupted_cleanup_is_completed_by_a_retry(
    services: Services, account: MemoryAccount, clean: Clean
) -> None:
    """It is interrupted at each of its steps."""
    leave_thread(services)
    for broken in range(6):
        account.fails = [ProviderUnavailableError("HTTP 503")]
        failures = clean()["batchItemFailures"]
        assert [each["itemIdentifier"] for each in failures] == ["111"], broken
        account.fails = []

    assert clean() == {"batchItemFailures": []}
    assert rest_of(services) == []


def test_interrupted_cleanup_of_large_runs_is_completed_by_a_retry(
    services: Services, account: MemoryAccount, clean: Clean, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run's body is deleted after everything that needs it."""
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


def test_file_that_another_thread_uses_stays(
    services: Services, account: MemoryAccount, clean: Clean
) -> None:
    """A file is removed with its last use."""
    leave_thread(services)
    put_file(services, "file-b", stage.THREAD_ID, "thread_other")

    clean()

    file = services.files.get("acme", "file-b")
    assert (file.uses, file.provider_id) == (1, "P-file-b")
    assert services.objects.get("files/acme/file-b") == b"x"


def test_existing_thread_is_not_cleaned(
    services: Services, account: MemoryAccount, clean: Clean
) -> None:
    """A stream record may be older than the thread."""
    stage.put_run(services, "One")
    before = rest_of(services)

    assert clean() == {"batchItemFailures": []}
    assert rest_of(services) == before
    assert account.done == []


def test_poison_record_does_not_block_the_others(
    services: Services, account: MemoryAccount, clean: Clean
) -> None:
    """Only the record without an old image is reported as failed."""
    leave_thread(services)

    answer = clean("poison")

    assert answer == {"batchItemFailures": [{"itemIdentifier": "222"}]}
    assert rest_of(services) == []


def test_cleanup_is_idempotent(services: Services, account: MemoryAccount, clean: Clean) -> None:
    """A second event finds nothing to remove."""
    leave_thread(services)
    clean()

    assert clean() == {"batchItemFailures": []}


def test_open_run_is_cancelled(
    services: Services, account: MemoryAccount, provider: ScriptedProvider, clean: Clean
) -> None:
    """Its response is cancelled and its end is written, which the stream delivers."""
    run = stage.put_run(services, response_id="resp_2", usage=[usage("resp_1")])
    stage.put_call(services)
    services.threads.delete("acme", stage.THREAD_ID)
    ends: list[Run] = []
    end = services.runs.end

    def end_once(ended: Run, **options: Any) -> None:
        ends.append(ended)
        end(ended, **options)

    services.runs.end = end_once  # type: ignore[method-assign]

    clean()
    clean()

    assert provider.cancelled == ["resp_2"]
    assert [(ended.id, ended.status) for ended in ends] == [(run.id, RunStatus.CANCELLED)]
    assert rest_of(services) == []
