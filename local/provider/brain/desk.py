"""What the model can reach with its hosted tools, and nothing more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Passage:
    """A piece of a document that file search found."""

    file_id: str
    filename: str
    text: str
    score: float


@dataclass(frozen=True)
class WrittenFile:
    """A file that code interpreter left in its container."""

    container_id: str
    file_id: str
    filename: str


class Desk(Protocol):
    """The hosted tools of one response."""

    def search(self, query: str) -> list[Passage]:
        """The passages of the attached vector stores that fit best."""

    def container_files(self) -> dict[str, bytes]:
        """The files in the code interpreter's container, by name."""

    def container_id(self) -> str:
        """The container, made now if there is none yet."""

    def write_file(self, filename: str, content: bytes) -> WrittenFile:
        """Leave a file in the container."""

    def file_bytes(self, file_id: str) -> bytes:
        """The content of a file that the input refers to."""
