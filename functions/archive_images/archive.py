"""Copies the files that a run generated from its container, which expires after 20 idle minutes."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from understudy.domain.drops import RUN_METADATA
from understudy.domain.manifests import Manifest, archive_key
from understudy.domain.run_steps import GeneratedFile
from understudy.drops.report import DropReports
from understudy.errors import ProviderRefusedError
from understudy.observability import logger
from understudy.ports import ProviderContainers
from understudy.services import Services

from .uncited import UncitedFiles

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.files import Files
    from understudy.adapters.dynamodb.runs import Runs
    from understudy.adapters.s3 import S3Objects

LOST = "The code interpreter container expired before the file could be copied."


@dataclass(frozen=True)
class RunArchive:
    """Archives generated files, and has the reports on dropped files written."""

    runs: "Runs"
    files: "Files"
    objects: "S3Objects"
    provider_containers: ProviderContainers
    uncited: UncitedFiles
    reports: DropReports

    @classmethod
    def of(cls, chosen: Services) -> "RunArchive":
        """Returns the archive of a deployment."""
        return cls(
            runs=chosen.runs,
            files=chosen.files,
            objects=chosen.objects,
            provider_containers=chosen.provider_containers,
            uncited=UncitedFiles(
                chosen.files, chosen.file_uses, chosen.provider_containers, chosen.now
            ),
            reports=chosen.drop_reports,
        )

    def archive(self, manifest: Manifest) -> int:
        """Copies the files that are not copied yet; returns how many. Idempotent.

        A run on a dropped file gets its report afterwards. Raises retryable
        ProviderUnavailableError and StorageUnavailableError.
        """
        run = self.runs.get(manifest.tenant, manifest.thread_id, manifest.run_id)
        uncited = self.uncited.record(run, manifest) if run is not None else []
        files = [*manifest.files, *uncited]
        copied = sum(self._copy(manifest, generated) for generated in files)
        if run is not None and RUN_METADATA in run.metadata:
            self.reports.write_answer(run, files)
        return copied

    def _copy(self, manifest: Manifest, generated: GeneratedFile) -> bool:
        file = self.files.get(manifest.tenant, generated.file_id)
        if file is None or file.object_key:
            return False  # deleted with its thread, or copied for an earlier event
        key = archive_key(manifest, generated)
        pieces = self.provider_containers.content(
            generated.container_id, generated.provider_file_id
        )
        try:
            size, kind = self.objects.put_from(key, pieces, generated.filename)
        except ProviderRefusedError:
            logger.warning("generated_file_lost", file_id=generated.file_id)
            self.files.change(file, status="error", status_details=LOST)
            return False
        known = {"object_key": key, "bytes": size, "content_type": kind, "status": "processed"}
        if self.files.change(file, **known) is None:
            self.objects.delete([key])  # its record was deleted while it was copied
            return False
        return True
