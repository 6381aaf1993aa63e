"""Copying what a run made out of its container, which dies 20 minutes after its last use."""

from understudy.domain.drops import RUN_METADATA
from understudy.domain.manifests import Manifest, archive_key
from understudy.domain.run_steps import GeneratedFile
from understudy.drops.report import write_answer
from understudy.errors import ProviderRefusedError
from understudy.observability import logger
from understudy.ports import Ports

from .uncited import keep_uncited

LOST = "The container of code interpreter was gone before the file could be copied."


def archive_run(ports: Ports, manifest: Manifest) -> int:
    """Copies the files that are not copied yet, and writes the answer if the run has one to write.

    Returns how many were copied now. Done twice it stores the same objects. Raises
    ProviderUnavailableError or StorageUnavailableError where another try may do better.
    """
    run = ports.runs.get(manifest.tenant, manifest.thread_id, manifest.run_id)
    files = [*manifest.files, *(keep_uncited(ports, run, manifest) if run is not None else [])]
    copied = sum(_archive(ports, manifest, made) for made in files)
    if run is not None and RUN_METADATA in run.metadata:
        write_answer(ports, run, files)
    return copied


def _archive(ports: Ports, manifest: Manifest, made: GeneratedFile) -> bool:
    file = ports.files.get(manifest.tenant, made.file_id)
    if file is None or file.object_key:
        return False  # deleted with its thread, or copied by an event before this one
    key = archive_key(manifest, made)
    pieces = ports.provider_containers.content(made.container_id, made.provider_file_id)
    try:
        size, kind = ports.objects.put_from(key, pieces, made.filename)
    except ProviderRefusedError:
        logger.warning("generated_file_lost", file_id=made.file_id)
        ports.files.change(file, status="error", status_details=LOST)
        return False
    known = {"object_key": key, "bytes": size, "content_type": kind, "status": "processed"}
    if ports.files.change(file, **known) is None:
        ports.objects.delete([key])  # deleted while it was being copied
        return False
    return True
