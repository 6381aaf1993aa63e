"""Manifests: the files that a run generated, to be copied before their container expires."""

from typing import NamedTuple

from pydantic import Field

from understudy.domain.base import Record
from understudy.domain.run_steps import GeneratedFile

MANIFESTS = "manifests"
IMAGES = "images"
OUTPUTS = "outputs"


class ContainerFile(NamedTuple):
    """A file as its container lists it; the name has no folders."""

    id: str
    filename: str


class Manifest(Record):
    """The generated files of one run. Written to the bucket when the run has ended.

    `files` are those that its messages cite; `containers` are the code interpreter containers that
    it used, which may hold more files. `made_at` is when the run ended, in Unix seconds.
    """

    tenant: str
    thread_id: str
    run_id: str
    files: list[GeneratedFile]
    containers: list[str] = Field(default_factory=list)
    made_at: int = 0

    @property
    def key(self) -> str:
        """The key of the manifest."""
        return manifest_key(self.run_id)


def manifest_key(run_id: str) -> str:
    """Returns the key of a run's manifest."""
    return f"{MANIFESTS}/{run_id}.json"


def archive_key(manifest: Manifest, file: GeneratedFile) -> str:
    """Returns the key of a file's copy. It contains our ids only, no names from outside."""
    folder = IMAGES if file.is_image else OUTPUTS
    return f"{folder}/{manifest.tenant}/{manifest.thread_id}/{file.file_id}"
