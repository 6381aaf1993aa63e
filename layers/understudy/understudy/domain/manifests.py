"""What is to be copied out of a container before it dies: the files that a run made."""

from understudy.domain.base import Record
from understudy.domain.run_steps import GeneratedFile

MANIFESTS = "manifests"
IMAGES = "images"
OUTPUTS = "outputs"


class Manifest(Record):
    """The files of one run. Written to the bucket when the run has ended."""

    tenant: str
    thread_id: str
    run_id: str
    files: list[GeneratedFile]

    @property
    def key(self) -> str:
        """Where it is written."""
        return manifest_key(self.run_id)


def manifest_key(run_id: str) -> str:
    """Where the manifest of a run is."""
    return f"{MANIFESTS}/{run_id}.json"


def archive_key(manifest: Manifest, file: GeneratedFile) -> str:
    """Where the copy of a file goes. Made of our ids only: a name from outside is in no key."""
    folder = IMAGES if file.is_image else OUTPUTS
    return f"{folder}/{manifest.tenant}/{manifest.thread_id}/{file.file_id}"
