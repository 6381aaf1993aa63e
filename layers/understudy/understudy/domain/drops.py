"""Dropped files on their way into a thread."""

from understudy.domain.base import Record

SEQUENCER_WIDTH = 64
"""S3's sequencers are hexadecimal texts of differing length; padded to one, they sort as texts."""

ASSISTANT_METADATA = "assistant-id"
MESSAGE_METADATA = "message"
RUN_METADATA = "dropped_file"
"""Under this name a run's metadata has the id of the dropped file that started it."""


class WaitingDrop(Record):
    """A dropped file whose message waits until its thread has no active run.

    With an assistant it starts a run, unless a later version of the key has overtaken it.
    """

    file_id: str
    tenant: str
    thread_id: str
    assistant_id: str | None = None
    text: str | None = None


def padded_sequencer(sequencer: str) -> str:
    """A sequencer that can be compared as text with others of the same key.

    Amazon S3 User Guide, "Event message structure": pad the shorter one on its right with zeros.
    """
    return sequencer.lower().ljust(SEQUENCER_WIDTH, "0")
