"""What the functions need of files and vector stores: our records, drops, the bucket."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, BinaryIO, Protocol

from understudy.domain.base import Json
from understudy.domain.drops import WaitingDrop
from understudy.domain.files import File, FileUse
from understudy.domain.lists import Page, PageRequest
from understudy.domain.runs import Run
from understudy.domain.stored import StoredObject
from understudy.domain.uploads import Upload
from understudy.domain.vector_stores import VectorStore

Owner = tuple[str, str]
"""A tenant, and the id that is ours of something that the provider has."""


class Files(Protocol):
    """The files of all tenants, by ids of ours."""

    def get(self, tenant: str, file_id: str) -> File | None: ...

    def get_many(self, tenant: str, file_ids: Collection[str]) -> dict[str, File]:
        """Those that exist, by id."""
        ...

    def missing(self, tenant: str, file_ids: Collection[str]) -> list[str]:
        """Those that the tenant does not have, in the order given."""
        ...

    def put_new(self, file: File) -> bool:
        """Stores it unless it is there; whether it was not."""
        ...

    def change(self, file: File, **attributes: Any) -> File | None:
        """Sets attributes; None if the file is gone."""
        ...

    def page(
        self, tenant: str, request: PageRequest, *, purpose: str | None = None
    ) -> Page[File]: ...

    def take(self, file: File, *, by: str, until: float) -> File | None:
        """Makes `by` the one who works on the file, which is stored if it is new.

        Returns it as it is then; None if it is finished, or somebody else is at it until later.
        """
        ...

    def finish(self, file: File, **attributes: Any) -> File | None:
        """Sets attributes and ends the work on it; None if the file is gone."""
        ...

    def let_go(self, file: File) -> None:
        """Gives up the work on it, so that the next one need not wait."""

    def doom(self, tenant: str, file_id: str, *, last_use: bool = False) -> File | None:
        """Hides a file that is about to be removed; with `last_use` only if it has one use left.

        None if it is gone or, with `last_use`, used elsewhere.
        """
        ...

    def remove(self, file: File) -> None:
        """Deletes the record, once everything that it points to is gone."""

    def owners(self, provider_ids: Collection[str]) -> dict[str, Owner]:
        """Whose the provider's files and vector stores are; unknown ones are left out."""
        ...


class FileUses(Protocol):
    """Which thread, assistant or vector store (the holder) has which file."""

    def add(self, tenant: str, holder: str, uses: Mapping[str, Collection[str]]) -> list[str]:
        """Notes uses, by file id, with the tools that may read the file there.

        Returns the ids of files that the tenant does not have. Doing it twice counts once.
        """
        ...

    def of(self, tenant: str, holder: str) -> list[FileUse]: ...

    def set_indexed(self, tenant: str, holder: str, file_ids: Collection[str]) -> None:
        """Notes that the files are in the thread's vector store."""

    def set_container(
        self, tenant: str, holder: str, file_ids: Collection[str], container_id: str
    ) -> None:
        """Notes in which container the files are."""

    def release(self, tenant: str, holder: str, file_id: str) -> None:
        """Ends a use; a file that is gone, and a use that was ended before, are fine."""

    def forget(self, tenant: str, holder: str, file_id: str) -> None:
        """Deletes the note of a use whose file was removed."""


class VectorStores(Protocol):
    """The vector stores of all tenants, by ids of ours."""

    def get(self, tenant: str, store_id: str) -> VectorStore | None: ...

    def missing(self, tenant: str, store_ids: Collection[str]) -> list[str]: ...

    def put(self, store: VectorStore) -> None: ...

    def made(self, store: VectorStore, provider_id: str) -> bool:
        """Notes what the provider calls it; False if another call was first."""
        ...

    def delete(self, store: VectorStore) -> None: ...

    def of_thread(self, tenant: str, thread_id: str) -> list[VectorStore]:
        """Those that were made for the thread, and go with it."""
        ...

    def page(self, tenant: str, request: PageRequest) -> Page[VectorStore]: ...


class Uploads(Protocol):
    """The uploads in parts of all tenants, by ids of ours."""

    def get(self, tenant: str, upload_id: str) -> Upload | None: ...

    def put(self, upload: Upload) -> None: ...


class Drops(Protocol):
    """Dropped files that wait for their thread, and which version of a key is the newest."""

    def note_version(self, tenant: str, key: str, sequencer: str, file_id: str) -> bool:
        """Whether no later version of the key was noted before. `sequencer` is S3's."""
        ...

    def newest(self, tenant: str, key: str) -> str | None:
        """The file that the newest version of the key became."""
        ...

    def forget(self, tenant: str, key: str) -> None:
        """The newest version of the key was removed."""

    def wait(self, drop: WaitingDrop) -> bool:
        """Puts it in line for its thread; False if that is gone."""
        ...

    def claim(self, drop: WaitingDrop, *, until: float) -> bool:
        """Whether nobody else admits it until then."""
        ...

    def let_go(self, drop: WaitingDrop) -> None:
        """It goes on waiting."""

    def waiting(self, tenant: str, thread_id: str) -> Iterator[WaitingDrop]:
        """Oldest first."""
        ...

    def admitted(self, drop: WaitingDrop) -> None:
        """It waits no more."""


class Objects(Protocol):
    """The bucket."""

    def put(self, key: str, body: bytes, content_type: str) -> None: ...

    def put_from(self, key: str, pieces: Iterator[bytes], name: str) -> tuple[int, str]:
        """Stores what comes in pieces, under the content type that its first bytes allow.

        Returns the number of bytes and the content type.
        """
        ...

    def get(self, key: str) -> bytes: ...

    def look(self, key: str, version: str | None = None) -> StoredObject | None:
        """What is known of an object; None if it is not there (any more)."""
        ...

    def open(self, key: str, version: str | None = None) -> BinaryIO:
        """The object to be read as it comes; it knows its length. Raises NoSuchObjectError."""
        ...

    def copy(self, key: str, to: str) -> None:
        """Copies inside the bucket. Raises NoSuchObjectError."""

    def delete(self, keys: Sequence[str]) -> None:
        """Missing ones are fine."""

    def delete_below(self, prefix: str) -> int:
        """Deletes all objects whose keys begin so; their number."""
        ...

    def link(self, key: str, *, filename: str, content_type: str, inline: bool) -> str:
        """A URL that gives out the object for five minutes."""
        ...

    def upload_form(self, key: str, *, content_type: str, max_bytes: int) -> Json:
        """URL and fields of a form with which exactly this object may be uploaded, once soon."""
        ...


class ThreadRemains(Protocol):
    """What is left in the table of a thread whose own item is gone."""

    def runs(self, tenant: str, thread_id: str) -> Iterator[Run]: ...

    def delete_run(self, run: Run) -> None:
        """The function calls of a run, and whose its responses are."""

    def delete_items(self, tenant: str, thread_id: str) -> int:
        """Messages, runs, steps, notes of files and drops; how many there were."""
        ...

    def delete_pointer(self, tenant: str, user_id: str, purpose: str, thread_id: str) -> None:
        """The note that the thread is a user's for a purpose, if it still names this thread."""
