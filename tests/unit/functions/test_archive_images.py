"""What code interpreter made, copied before its container dies."""

from collections.abc import Callable
from typing import Any

import pytest
from understudy.domain.run_steps import GeneratedFile, ModelMessage, RunStep
from understudy.domain.runs import Run
from understudy.domain.usage import RoundUsage
from understudy.errors import ProviderUnavailableError
from understudy.files.generated import keep_generated, write_manifest
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
    """Hands the sample event to the function."""
    return lambda: handler(
        load_event("archive_images", "manifest_written"), stage.Context(), services
    )


def finished_run(services: Services, *files: GeneratedFile) -> Run:
    """A run whose answer cites files, with their records and its manifest."""
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
    keep_generated(services, run)
    write_manifest(services, run, list(files))
    return run


def test_what_no_answer_cites_is_kept_too(
    services: Services, account: MemoryAccount, archive: Archive
) -> None:
    """Once, however often the event comes and whoever else finds it in the container later."""
    used = RoundUsage(response_id="resp_1", model="gpt-6-luna", containers=("cntr_1",))
    run = stage.put_run(services, usage=[used], ended_at=1_800_000_000)
    account.in_containers["cntr_2", "cfile_9"] = PNG  # another thread's
    keep_generated(services, run)
    write_manifest(services, run, [])

    assert archive() == {"copied": 2}
    assert archive() == {"copied": 0}
    later = run.model_copy(update={"ended_at": 1_800_000_100})
    write_manifest(services, later, [])
    assert archive() == {"copied": 0}

    uses = services.file_uses.of("acme", stage.THREAD_ID)
    files = [services.files.get("acme", use.file_id) for use in uses]
    assert {file.filename for file in files} == {"cfile_1.png", "cfile_2.png"}
    assert {(file.purpose, file.uses) for file in files} == {("assistants_output", 1)}
    assert all(file.object_key == f"images/acme/{stage.THREAD_ID}/{file.id}" for file in files)


def test_files_go_to_the_bucket_under_their_ids(
    services: Services, account: MemoryAccount, archive: Archive
) -> None:
    """Images and other files each to their folder, with the type that their bytes have."""
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


def test_done_twice_it_is_one_object(
    services: Services, account: MemoryAccount, archive: Archive
) -> None:
    """The second event finds the copy and downloads nothing."""
    finished_run(services, CHART)
    archive()

    assert archive() == {"copied": 0}
    assert account.count("download") == 1


def test_an_image_that_is_none_is_stored_as_bytes(
    services: Services, account: MemoryAccount, archive: Archive
) -> None:
    """No browser is to run what calls itself a picture."""
    account.in_containers["cntr_1", "cfile_1"] = b"<html><script>alert(1)</script>"
    finished_run(services, CHART)

    archive()

    chart = services.files.get("acme", "file-chart")
    assert chart.content_type == "application/octet-stream"


def test_a_dead_container_is_noted_once(
    services: Services, account: MemoryAccount, archive: Archive
) -> None:
    """Nobody can bring the file back, so nobody tries again."""
    account.in_containers.clear()
    finished_run(services, CHART)

    assert archive() == {"copied": 0}
    chart = services.files.get("acme", "file-chart")
    assert (chart.status, chart.object_key) == ("error", None)


def test_a_provider_that_is_away_is_asked_again(
    services: Services, account: MemoryAccount, archive: Archive
) -> None:
    """The event fails, and the next try copies what is missing."""
    finished_run(services, CHART)
    account.fails = [ProviderUnavailableError("HTTP 503")]
    with pytest.raises(ProviderUnavailableError):
        archive()

    assert archive() == {"copied": 1}


def test_the_manifest_of_a_removed_thread_is_nobodys(archive: Archive) -> None:
    """Its object is gone, and that is all there is to know."""
    assert archive() == {"copied": 0}
