"""What code interpreter made in a run becomes files of the thread, under ids of ours."""

from collections.abc import Sequence

from understudy.domain.files import File
from understudy.domain.manifests import Manifest
from understudy.domain.run_steps import GeneratedFile
from understudy.domain.runs import Run
from understudy.ports import Ports

PURPOSE = "assistants_output"


def generated_files(ports: Ports, run: Run) -> list[GeneratedFile]:
    """The files that the run's answers cite, each once."""
    steps = ports.run_steps.of_run(run.tenant, run.thread_id, run.id)
    return list({file.file_id: file for step in steps for file in step.files}.values())


def keep_generated(ports: Ports, run: Run) -> None:
    """Records the files before anybody can see the message that shows them.

    Their content comes from the container until the archive has it.
    """
    record_generated(ports, run, generated_files(ports, run))


def record_generated(ports: Ports, run: Run, files: Sequence[GeneratedFile]) -> None:
    """Makes files of the run's thread of them; done twice it makes the same."""
    for made in files:
        ports.files.put_new(
            File(
                id=made.file_id,
                tenant=run.tenant,
                filename=made.filename,
                purpose=PURPOSE,
                bytes=0,
                created_at=int(ports.now()),
                status="uploaded",
                container_id=made.container_id,
                container_file_id=made.provider_file_id,
                thread_id=run.thread_id,
            )
        )
    uses: dict[str, list[str]] = {made.file_id: [] for made in files}
    ports.file_uses.add(run.tenant, run.thread_id, uses)


def containers_of(run: Run) -> list[str]:
    """The containers of code interpreter in which the run worked."""
    return list(dict.fromkeys(each for turn in run.usage for each in turn.containers))


def write_manifest(ports: Ports, run: Run, files: list[GeneratedFile]) -> None:
    """Tells archive_images to copy the files, and to write the answer to a dropped one."""
    manifest = Manifest(
        tenant=run.tenant,
        thread_id=run.thread_id,
        run_id=run.id,
        files=files,
        containers=containers_of(run),
        made_at=run.ended_at or run.created_at,
    )
    ports.objects.put(manifest.key, manifest.model_dump_json().encode(), "application/json")
