"""follow_drop has the report on a dropped file written, and admits the next file."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from understudy.domain.drops import WaitingDrop
from understudy.domain.files import File
from understudy.domain.runs import RunStatus
from understudy.errors import StorageUnavailableError
from understudy.services import Services

from functions.follow_drop.app import handler
from tests.fakes.provider_files import MemoryAccount
from tests.unit import stage

Follow = Callable[[], Any]


@pytest.fixture
def follow(services: Services, load_event: Callable[[str, str], Any]) -> Follow:
    """Invokes the function with the sample event."""
    MemoryAccount().serve(services)
    return lambda: handler(load_event("follow_drop", "run_ended"), stage.Context(), services)


def put_drop(services: Services, file_id: str) -> None:
    """Queues a dropped file for the thread."""
    file = File(
        id=file_id,
        tenant="acme",
        filename="b.csv",
        purpose="assistants",
        bytes=1,
        created_at=0,
        provider_id="file-P",
        drop_key="drop/acme/ada/sales/b.csv",
    )
    services.files.put_new(file)
    drop = WaitingDrop(file_id=file_id, tenant="acme", thread_id=stage.THREAD_ID)
    assert services.drops.enqueue(drop)


def test_failed_run_gets_a_manifest_without_files(services: Services, follow: Follow) -> None:
    """It makes archive_images write why there is no answer."""
    run = stage.put_run(services)
    services.runs.end(run.model_copy(update={"status": RunStatus.FAILED, "ended_at": 1}))
    services.runs.set_metadata(run, {"dropped_file": "file-a"})

    assert follow() == {"admitted": 0}

    manifest = json.loads(services.objects.get(f"manifests/{run.id}.json"))
    assert (manifest["run_id"], manifest["files"]) == (run.id, [])


def test_next_file_is_admitted_once(services: Services, follow: Follow) -> None:
    """A second event adds no second message."""
    stage.put_thread(services, "Hello")
    put_drop(services, "file-b")

    follow()
    follow()

    messages = list(services.messages.newest_first("acme", stage.THREAD_ID))
    assert [message.metadata.get("dropped_file") for message in messages] == ["file-b", None]
    assert list(services.drops.waiting("acme", stage.THREAD_ID)) == []


def test_file_of_busy_thread_waits_for_the_end_of_its_run(
    services: Services, follow: Follow
) -> None:
    """The run is marked, so that its end invokes this function again."""
    run = stage.put_run(services)
    put_drop(services, "file-b")

    follow()

    assert [drop.file_id for drop in services.drops.waiting("acme", stage.THREAD_ID)] == ["file-b"]
    assert stage.stored_run(services).has_drops
    services.runs.end(run.model_copy(update={"status": RunStatus.CANCELLED, "ended_at": 1}))
    assert follow() == {"admitted": 1}


def test_file_is_admitted_if_the_run_ends_in_between(
    services: Services, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run cannot be marked any more, so the thread is read again."""
    run = stage.put_run(services)
    put_drop(services, "file-b")
    mark = services.runs.mark_drops

    def end_then_mark(*ids: str) -> bool:
        services.runs.end(run.model_copy(update={"status": RunStatus.CANCELLED, "ended_at": 1}))
        return mark(*ids)

    monkeypatch.setattr(services.runs, "mark_drops", end_then_mark)

    assert follow() == {"admitted": 1}


def test_failure_is_raised_for_a_retry(
    services: Services, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lambda retries the event."""

    def refuse(*_: str) -> None:
        raise StorageUnavailableError("throttled")

    monkeypatch.setattr(services.runs, "get", refuse)

    with pytest.raises(StorageUnavailableError):
        follow()
