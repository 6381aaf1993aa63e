"""Files that code interpreter wrote and that no answer cites: they would die with its container."""

from understudy.domain.ids import milliseconds
from understudy.domain.manifests import Manifest
from understudy.domain.run_steps import GeneratedFile
from understudy.domain.runs import Run
from understudy.files.generated import record_generated
from understudy.ports import Ports

MAX_FILES = 100
"""Of one container, for one run."""


def keep_uncited(ports: Ports, run: Run, manifest: Manifest) -> list[GeneratedFile]:
    """Makes files of the thread of what is in the run's containers and is none yet.

    A container goes on from run to run, so most of what is in it may be of earlier ones.
    """
    cited = {(made.container_id, made.provider_file_id) for made in manifest.files}
    order = milliseconds(manifest.made_at)
    listed = [
        GeneratedFile.of(container_id, inside.id, inside.filename, order=order)
        for container_id in manifest.containers
        for inside in ports.provider_containers.made_in(container_id, MAX_FILES)
        if (container_id, inside.id) not in cited
    ]
    if not listed:
        return []
    found = _of_other_runs(ports, run, {made.file_id for made in listed})
    fresh = [made for made in listed if (made.container_id, made.provider_file_id) not in found]
    record_generated(ports, run, fresh)
    return fresh


def _of_other_runs(ports: Ports, run: Run, ours: set[str]) -> set[tuple[str, str]]:
    """Where the thread's files came from, but for those that a try before this one recorded."""
    ids = [use.file_id for use in ports.file_uses.of(run.tenant, run.thread_id)]
    files = ports.files.get_many(run.tenant, [each for each in ids if each not in ours])
    return {
        (file.container_id, file.container_file_id)
        for file in files.values()
        if file.container_id and file.container_file_id
    }
