"""archive_images copies generated files before their container expires."""

from collections.abc import Callable
from typing import Any

import pytest
from understudy.domain.run_steps import GeneratedFile, ModelMessage, RunStep
from understudy.domain.runs import Run
from understudy.domain.usage import RoundUsage
from understudy.errors import ProviderUnavailableError
from understudy.files.generated import record_generated, write_manifest
from understudy.services import Services

from functions.archive_images.app import handler
from tests.fakes.provider_files import MemoryAccount
from tests.unit import stage

PNG = b"\x89PNG\r\n\x1a\n....."
CHART = GeneratedFile(
    file_id="file-chart",
    container_id="cntr_1",
    provider_file_id="cfile_1",
    filename="chart.png",
    is_image=True,
)
TABLE = GeneratedFile(
    file_id="file-table", container_id="cntr_1", provider_file_id="cfile_2", filename="out.csv"
)
Archive = Callable[[], dict[str, Any]]


@pytest.fixture
def account(services: Services) -> MemoryAccount:
    made = MemoryAccount().serve(services)
    made.in_containers = {("cntr_1", "cfile_1"): PNG, ("cntr_1", "cfile_2"): b"a,b\n"}
    return made


@pytest.fixture
def archive(services: Services, load_event: Callable[[str, str], Any]) -> Archive:
    """Invokes the function with the sample event."""
    return lambda: handler(
        load_event("archive_images", "manifest_written"), stage.Context(), services
    )


def finished_run(services: Services, *files: GeneratedFile) -> Run:
    """Stores an ended run whose message cites files, with their records and its manifest."""
    run = stage.put_run(services)
    step = RunStep(
        id="step_1",
        tenant=run.tenant,
        thread_id=run.thread_id,
        run_id=run.id,
        assistant_id=run.assistant_id,
        type="message_creation",
        created_at=0,
        message_id="msg_1",
        message=ModelMessage(content=[]),
        files=list(files),
    )
    services.run_steps.put(step)
    record_generated(services.files, services.file_uses, services.now, run, files)
    write_manifest(services.objects, run, files)
    return run


def test_uncited_files_are_archived_once(
    services: Services, account: MemoryAccount, archive: Archive
) -> None:
    """A second event, and a later run in the same container, archive nothing again."""
    used = RoundUsage(response_id="resp_1", model="gpt-6-luna", containers=("cntr_1",))
    run = stage.put_run(services, usage=[used], ended_at=1_800_000_000)
    account.in_containers["cntr_2", "cfile_9"] = PNG  # of another thread
    write_manifest(services.objects, run, [])

    assert archive() == {"copied": 2}
    assert archive() == {"copied": 0}
    later = run.model_copy(update={"ended_at": 1_800_000_100})
    write_manifest(services.objects, later, [])
    assert archive() == {"copied": 0}

    uses = services.file_uses.of("acme", stage.THREAD_ID)
    files = [services.files.get("acme", use.file_id) for use in uses]
    assert {file.filename for file in files} == {"cfile_1.png", "cfile_2.png"}
    assert {(file.purpose, file.uses) for file in files} == {("assistants_output", 1)}
    assert all(file.object_key == f"images/acme/{stage.THREAD_ID}/{file.id}" for file in files)


def test_generated_files_are_stored_by_kind_under_their_ids(
    services: Services, account: MemoryAccount, archive: Archive
) -> None:
    """Images and other files have prefixes of their own, and the type that their bytes show."""
    finished_run(services, CHART, TABLE)

    assert archive() == {"copied": 2}

    chart = services.files.get("acme", "file-chart")
    table = services.files.get("acme", "file-table")
    assert (chart.object_key, chart.content_type, chart.bytes, chart.status) == (
        f"images/acme/{stage.THREAD_ID}/file-chart",
        "image/png",
        len(PNG),
        "processed",
    )
    assert table.object_key == f"outputs/acme/{stage.THREAD_ID}/file-table"
    assert services.objects.get(chart.object_key) == PNG


def test_second_event_downloads_nothing(
    services: Services, account: MemoryAccount, archive: Archive
) -> None:
    """The first event has stored the copy."""
    finished_run(services, CHART)
    archive()

    assert archive() == {"copied": 0}
    assert account.count("download") == 1


def test_html_named_as_image_is_stored_as_octet_stream(
    services: Services, account: MemoryAccount, archive: Archive
) -> None:
    """A browser must not run it."""
    account.in_containers["cntr_1", "cfile_1"] = b"<html><script>alert(1)</script>"
    finished_run(services, CHART)

    archive()

    chart = services.files.get("acme", "file-chart")
    assert chart.content_type == "application/octet-stream"


def test_file_of_expired_container_gets_status_error(
    services: Services, account: MemoryAccount, archive: Archive
) -> None:
    """The event does not fail, because a retry could not succeed."""
    account.in_containers.clear()
    finished_run(services, CHART)

    assert archive() == {"copied": 0}
    chart = services.files.get("acme", "file-chart")
    assert (chart.status, chart.object_key) == ("error", None)


def test_unavailable_provider_fails_the_event_and_a_retry_succeeds(
    services: Services, account: MemoryAccount, archive: Archive
) -> None:
    """The retry copies what is missing."""
    finished_run(services, CHART)
    account.fails = [ProviderUnavailableError("HTTP 503")]
    with pytest.raises(ProviderUnavailableError):
        archive()

    assert archive() == {"copied": 1}


def test_deleted_manifest_is_ignored(archive: Archive) -> None:
    """The thread was removed before the event arrived."""
    assert archive() == {"copied": 0}
