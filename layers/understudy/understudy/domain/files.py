"""Files: their owner, where their bytes are stored, and what uses them."""

from typing import Final, Literal

from understudy.domain.base import Record
from understudy.domain.file_types import provider_name
from understudy.domain.threads import DAY

MAX_FILE_BYTES: Final = 512 * 1024 * 1024
"""The provider's limit for one file."""

UNUSED_SECONDS: Final = 30 * DAY
"""A file that nothing has used for this long after its creation is reported as unused."""

FileStatus = Literal["uploaded", "processed", "error"]


class File(Record):
    """A file of one tenant. Times are Unix seconds.

    `provider_id` is the provider's id of it, `object_key` (with `object_version`) the copy in the
    bucket, `container_id` and `container_file_id` the code interpreter container that made it.
    `thread_id` is the thread that it was generated or dropped for. `uses` counts the threads,
    assistants and vector stores that have it. `ends_at` is the expiry that the caller asked for.
    """

    id: str
    tenant: str
    filename: str
    purpose: str
    bytes: int
    created_at: int
    ends_at: int | None = None
    status: FileStatus = "processed"
    status_details: str | None = None
    content_type: str | None = None
    provider_id: str | None = None
    object_key: str | None = None
    object_version: str | None = None
    container_id: str | None = None
    container_file_id: str | None = None
    drop_key: str | None = None
    thread_id: str | None = None
    uses: int = 0

    @property
    def provider_name(self) -> str:
        """The name to send to the provider."""
        return provider_name(self.filename)

    def is_unused(self, now: float) -> bool:
        """Whether no thread, assistant or vector store has the file, long after its creation."""
        return self.uses == 0 and now >= self.created_at + UNUSED_SECONDS

    def is_expired(self, now: float) -> bool:
        """Whether the expiry that the caller asked for has passed."""
        return self.ends_at is not None and now >= self.ends_at


class FileUse(Record):
    """One use of a file by a thread, an assistant or a vector store, and which tools may read it.

    `indexed` is set once the file is in the thread's vector store. `container_id` is the code
    interpreter container that holds it.
    """

    file_id: str
    code_interpreter: bool = False
    file_search: bool = False
    indexed: bool = False
    container_id: str | None = None
