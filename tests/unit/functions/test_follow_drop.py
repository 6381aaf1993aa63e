"""The end of a run on a dropped file: its answer, and whoever waits behind it."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from understudy.domain.drops import WaitingDrop
from understudy.domain.files import File
from understudy.domain.runs import RunStatus
from understudy.errors import StorageUnavailableError
from understudy.observability import logger
from understudy.services import Services

from functions.follow_drop.app import handler
from tests.fakes.provider_files import MemoryAccount
from tests.unit import stage

Follow = Callable[[], Any]


@pytest.fixture
def follow(services: Services, load_event: Callable[[str, str], Any]) -> Follow:
    """Hands the sample event to the function."""
    MemoryAccount().serve(services)
    return lambda: handler(load_event("follow_drop", "run_ended"), stage.Context(), services)


def put_drop(services: Services, file_id: str) -> None:
    """A dropped file that waits for the thread."""
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
    assert services.drops.wait(drop)


def test_a_failed_run_has_its_reason_written(services: Services, follow: Follow) -> None:
    """A manifest without files makes archive_images write why there is no answer."""
    run = stage.put_run(services)
    services.runs.end(run.model_copy(update={"status": RunStatus.FAILED, "ended_at": 1}))
    services.runs.set_metadata(run, {"dropped_file": "file-a"})

    assert follow() == {"batchItemFailures": []}

    manifest = json.loads(services.objects.get(f"manifests/{run.id}.json"))
    assert (manifest["run_id"], manifest["files"]) == (run.id, [])


def test_the_next_file_comes_in(services: Services, follow: Follow) -> None:
    """It becomes a message once, however often the event comes."""
    stage.put_thread(services, "Hello")
    put_drop(services, "file-b")

    follow()
    follow()

    messages = list(services.messages.newest_first("acme", stage.THREAD_ID))
    assert [message.metadata.get("dropped_file") for message in messages] == ["file-b", None]
    assert list(services.drops.waiting("acme", stage.THREAD_ID)) == []


def test_a_thread_that_is_busy_again_lets_nobody_in(services: Services, follow: Follow) -> None:
    """The file goes on waiting for the end of the run that came first."""
    stage.put_run(services)
    put_drop(services, "file-b")

    follow()

    assert [drop.file_id for drop in services.drops.waiting("acme", stage.THREAD_ID)] == ["file-b"]


def test_a_record_that_fails_is_named_and_logged(
    services: Services, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its ids and without the error's text: nobody else would say why it comes again."""

    def refuse(*_: str) -> None:
        raise StorageUnavailableError("a text that may quote contents")

    log = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", log)
    monkeypatch.setattr(services.runs, "get", refuse)

    answer = follow()

    assert [each["itemIdentifier"] for each in answer["batchItemFailures"]] == ["111"]
    [line] = [json.loads(line) for line in log.getvalue().splitlines()]
    assert (line["message"], line["error"]) == ("unforeseen", "StorageUnavailableError")
    assert (line["tenant"], line["thread_id"]) == ("acme", stage.THREAD_ID)
    assert "quote" not in json.dumps(line)
