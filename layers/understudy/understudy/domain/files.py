"""Files: whose they are, where their bytes are, and the keys under which they are dropped."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from understudy.domain.base import Record
from understudy.domain.file_types import FileKind, extension_of, kind_of, provider_name
from understudy.domain.threads import DAY, OWNER_SEGMENT

MAX_FILE_BYTES: Final = 512 * 1024 * 1024
"""The provider's limit for one file."""

MAX_KEY_BYTES: Final = 1024
"""S3's limit for a key."""

UNUSED_SECONDS: Final = 30 * DAY
"""A file that no thread, assistant or vector store uses goes after this time."""

DROPS: Final = "drop"
PURPOSES: Final = ("assistants", "batch", "evals", "fine-tune", "user_data", "vision")
UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\\\\\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Backslash, control characters, line and paragraph separators, marks that turn the direction of
text around, and halves of surrogate pairs."""

FileStatus = Literal["uploaded", "processed", "error"]


class InvalidDropKeyError(ValueError):
    """No file may be dropped at this key. `tenant` is whose it is, where that is sure."""

    def __init__(self, reason: str, tenant: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.tenant = tenant


@dataclass(frozen=True)
class DropKey:
    """Whose file was dropped, what for, and its name, all byte for byte as in the key."""

    tenant: str
    user_id: str
    purpose: str
    name: str

    @property
    def kind(self) -> FileKind:
        """Who reads the file."""
        kind = kind_of(self.name)
        assert kind is not None  # parse_drop_key lets nothing else through
        return kind

    @property
    def answers(self) -> str:
        """The prefix under which the answer to this file is put."""
        return f"answers/{self.tenant}/{self.user_id}/{self.purpose}/{self.name}/"


def parse_drop_key(key: str) -> DropKey:
    """Reads `drop/{tenant}/{user_id}/{purpose}/{name}`, decoded already.

    Raises InvalidDropKeyError for anything else: other segments, `.` and `..`, a backslash,
    control and bidi characters, a type that is not taken. Nothing is corrected or normalised, so
    two keys are one owner's only if they are the same bytes.
    """
    if len(key.encode("utf-8", "surrogatepass")) > MAX_KEY_BYTES:
        raise InvalidDropKeyError(f"the key is longer than {MAX_KEY_BYTES} bytes")
    segments = key.split("/")
    if segments[0] != DROPS:
        raise InvalidDropKeyError(f"the key does not begin with '{DROPS}/'")
    tenant = segments[1] if len(segments) > 1 and _is_owner(segments[1]) else None
    if len(segments) != 5:
        raise InvalidDropKeyError("the key is not drop/{tenant}/{user_id}/{purpose}/{name}", tenant)
    if any(segment in ("", ".", "..") for segment in segments):
        raise InvalidDropKeyError("a segment is empty, '.' or '..'", tenant)
    if UNSAFE.search(key):
        raise InvalidDropKeyError("a control or bidi character or a backslash", tenant)
    for label, segment in zip(("tenant", "user id", "purpose"), segments[1:4], strict=True):
        if not _is_owner(segment):
            raise InvalidDropKeyError(f"the {label} has characters that it must not have", tenant)
    if kind_of(segments[4]) is None:
        shown = extension_of(segments[4])
        raise InvalidDropKeyError(f"files of type '{shown}' are not taken", tenant)
    return DropKey(*segments[1:])


def is_folder_marker(key: str) -> bool:
    """Whether a console made the object to show a folder; there is nothing in it."""
    return key.endswith("/")


def shown_name(key: str) -> str:
    """The last segment of a key that was refused, fit to be shown."""
    return UNSAFE.sub("\ufffd", key.rstrip("/").rpartition("/")[2])[:255] or "file"


def _is_owner(segment: str) -> bool:
    return (
        OWNER_SEGMENT.fullmatch(segment) is not None
        and segment not in (".", "..")
        and not UNSAFE.search(segment)
    )


class File(Record):
    """A file of one tenant. Times are Unix seconds.

    `provider_id` is what the provider calls it, `object_key` (with `object_version`) where our copy
    is, `container_id` and `container_file_id` where code interpreter made it. `uses` counts the
    threads, assistants and vector stores that it is in. `ends_at` is when a caller wants it gone.
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
        """The name that the provider is given."""
        return provider_name(self.filename)

    @property
    def shown_end(self) -> int | None:
        """When the file goes as things stand: at the wanted time, or unused for too long."""
        if self.ends_at is not None or self.uses > 0:
            return self.ends_at
        return self.created_at + UNUSED_SECONDS


class FileUse(Record):
    """That a thread, an assistant or a vector store has a file, and which tools may read it there.

    `indexed` is set once the file is in the thread's vector store, `container_id` names the
    container of code interpreter that it is in.
    """

    file_id: str
    code_interpreter: bool = False
    file_search: bool = False
    indexed: bool = False
    container_id: str | None = None
