"""Records files of a container that no message cites, before the container expires."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from understudy.domain.ids import milliseconds
from understudy.domain.manifests import Manifest
from understudy.domain.run_steps import GeneratedFile
from understudy.domain.runs import Run
from understudy.files.generated import record_generated
from understudy.ports import ProviderContainers

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.file_uses import FileUses
    from understudy.adapters.dynamodb.files import Files

MAX_FILES = 100
"""Per container and run."""


@dataclass(frozen=True)
class UncitedFiles:
    """Files in containers that no message cites."""

    files: "Files"
    file_uses: "FileUses"
    provider_containers: ProviderContainers
    now: Callable[[], float]

    def record(self, run: Run, manifest: Manifest) -> list[GeneratedFile]:
        """Records the unknown files of the run's containers as files of the thread; returns them.

        Runs of a thread share a container, so most of its files may be of earlier runs.
        """
        cited = {(file.container_id, file.provider_file_id) for file in manifest.files}
        order = milliseconds(manifest.made_at)
        listed = [
            GeneratedFile.of(container_id, inside.id, inside.filename, order=order)
            for container_id in manifest.containers
            for inside in self.provider_containers.made_in(container_id, MAX_FILES)
            if (container_id, inside.id) not in cited
        ]
        if not listed:
            return []
        found = self._of_other_runs(run, {file.file_id for file in listed})
        fresh = [file for file in listed if (file.container_id, file.provider_file_id) not in found]
        record_generated(self.files, self.file_uses, self.now, run, fresh)
        return fresh

    def _of_other_runs(self, run: Run, own_ids: set[str]) -> set[tuple[str, str]]:
        """Returns container and provider id of the thread's files, without those in `own_ids`.

        `own_ids` may be recorded already, by an earlier attempt.
        """
        ids = [use.file_id for use in self.file_uses.of(run.tenant, run.thread_id)]
        files = self.files.get_many(run.tenant, [each for each in ids if each not in own_ids])
        return {
            (file.container_id, file.container_file_id)
            for file in files.values()
            if file.container_id and file.container_file_id
        }
