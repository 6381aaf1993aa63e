"""What is to be copied out of a container before it dies: the files that a run made."""

from typing import NamedTuple

from pydantic import Field

from understudy.domain.base import Record
from understudy.domain.run_steps import GeneratedFile

MANIFESTS = "manifests"
IMAGES = "images"
OUTPUTS = "outputs"


class ContainerFile(NamedTuple):
    """A file as its container lists it; the name is without folders."""

    id: str
    filename: str


class Manifest(Record):
    """The files of one run. Written to the bucket when the run has ended.

    `files` are those that its answers cite; `containers` are where it worked, which may hold more
    that nothing cites. `made_at` is when the run ended, in Unix seconds.
    """

    tenant: str
    thread_id: str
    run_id: str
    files: list[GeneratedFile]
    containers: list[str] = Field(default_factory=list)
    made_at: int = 0

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
