"""Dropped files: the keys under which they are dropped, and those that wait for their thread."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from understudy.domain.base import Record
from understudy.domain.file_names import UNSAFE
from understudy.domain.file_types import FileKind, extension_of, kind_of
from understudy.domain.threads import is_owner

DROPS: Final = "drop"
REPORTS: Final = "answers"
PROMPT_SUFFIX: Final = ".prompt.txt"
"""`q1.csv.prompt.txt` beside `q1.csv` holds the message to send with it."""

MAX_KEY_BYTES: Final = 850
"""S3 allows 1,024 bytes. The rest is for the keys of the report and of the files beside it."""

SEQUENCER_WIDTH = 64
"""S3's sequencers are hexadecimal texts of differing length; padded to one, they sort as texts."""

ASSISTANT_METADATA = "assistant-id"
MESSAGE_METADATA = "message"
RUN_METADATA = "dropped_file"
"""A run's metadata holds the id of the dropped file that started it under this name."""


class InvalidDropKeyError(ValueError):
    """No file may be dropped at this key. `tenant` is None where the key does not show it."""

    def __init__(self, reason: str, tenant: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.tenant = tenant


@dataclass(frozen=True)
class DropKey:
    """Owner, purpose and name of a dropped file, all byte for byte as in the key."""

    tenant: str
    user_id: str
    purpose: str
    name: str

    @property
    def kind(self) -> FileKind:
        """The tool that reads the file."""
        kind = kind_of(self.name)
        assert kind is not None  # parse_drop_key lets nothing else through
        return kind


def parse_drop_key(key: str) -> DropKey:
    """Reads a decoded `drop/{tenant}/{user_id}/{purpose}/{name}`.

    Raises InvalidDropKeyError for any other key. Nothing is corrected or normalised, so two keys
    have one owner only if they are the same bytes.
    """
    segments = key.split("/")
    if segments[0] != DROPS:
        raise InvalidDropKeyError(f"the key does not begin with '{DROPS}/'")
    tenant = segments[1] if len(segments) > 2 and is_owner(segments[1]) else None
    if len(key.encode("utf-8", "surrogatepass")) > MAX_KEY_BYTES:
        raise InvalidDropKeyError(f"the key is longer than {MAX_KEY_BYTES} bytes", tenant)
    if len(segments) != 5:
        raise InvalidDropKeyError("the key is not drop/{tenant}/{user_id}/{purpose}/{name}", tenant)
    if any(segment in ("", ".", "..") for segment in segments):
        raise InvalidDropKeyError("a segment of the key is empty, '.' or '..'", tenant)
    if UNSAFE.search(key):
        raise InvalidDropKeyError(
            "the key contains a control character, a bidirectional mark or a backslash", tenant
        )
    for label, segment in zip(("tenant", "user id", "purpose"), segments[1:4], strict=True):
        if not is_owner(segment):
            raise InvalidDropKeyError(f"the {label} contains invalid characters", tenant)
    if kind_of(segments[4]) is None:
        extension = extension_of(segments[4])
        reason = f"file type '.{extension}' is not supported" if extension else "no file extension"
        raise InvalidDropKeyError(reason, tenant)
    return DropKey(*segments[1:])


def report_prefix(key: str) -> str:
    """Returns the prefix of the reports on a dropped object, whatever its key.

    Unsafe characters, and segments that a file system would not take, are percent-encoded.
    """
    segments = key.removeprefix(f"{DROPS}/").split("/")
    prefix = f"{REPORTS}/" + "".join(f"{_safe_segment(segment)}/" for segment in segments)
    return prefix if len(prefix.encode()) <= MAX_KEY_BYTES + 8 else _shortened(prefix)


def is_folder_marker(key: str) -> bool:
    """Whether a console created the object to show an empty folder."""
    return key.endswith("/")


def prompted_key(key: str) -> str | None:
    """Returns the key of the file that an object is the prompt for; None if it is no prompt."""
    prompted = key.removesuffix(PROMPT_SUFFIX)
    return prompted if prompted != key and kind_of(prompted) is not None else None


def padded_sequencer(sequencer: str) -> str:
    """Returns a sequencer that can be compared as text with others of the same key.

    Amazon S3 User Guide, "Event message structure": pad the shorter one on its right with zeros.
    """
    return sequencer.lower().ljust(SEQUENCER_WIDTH, "0")


class WaitingDrop(Record):
    """A dropped file whose message waits until its thread has no active run.

    With an assistant it starts a run, unless a later version of the key has replaced it.
    """

    file_id: str
    tenant: str
    thread_id: str
    assistant_id: str | None = None
    text: str | None = None


def _safe_segment(segment: str) -> str:
    if segment in ("", ".", ".."):
        return segment.replace(".", "%2E") or "%20"
    return UNSAFE.sub(lambda found: quote(found[0].encode("utf-8", "surrogatepass")), segment)


def _shortened(prefix: str) -> str:
    """Returns a prefix that fits: a key that long was refused, and only its report is stored."""
    return prefix.encode()[:MAX_KEY_BYTES].decode("utf-8", "ignore").rstrip("/") + "/"
