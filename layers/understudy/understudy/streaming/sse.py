"""Server-sent events, in the form that OpenAI's clients and Azure's parse.

Each event has an `id`, an `event` and one `data` line. Azure's SDK fails on an event without
`event` and on frames that hold only a comment, so a keep-alive is a comment line inside the frame
of the next event.
"""

import json
from dataclasses import dataclass

from understudy.domain.base import Json
from understudy.streaming.cursor import Cursor

DONE = b"event: done\ndata: [DONE]\n\n"

KEEP_ALIVE = b": waiting\n"
"""A comment line that belongs to the frame of the next event, whatever that is."""


@dataclass(frozen=True)
class StreamEvent:
    """One event of a run's stream: its name, its data, and its position in the stream."""

    name: str
    data: Json
    at: Cursor

    def encode(self) -> bytes:
        """Returns the frame as bytes."""
        body = json.dumps(self.data, separators=(",", ":"), ensure_ascii=False)
        text = f"id: {self.at}\nevent: {self.name}\ndata: {body}\n\n"
        return text.encode("utf-8", "replace")


def error_frame(message: str, *, kind: str = "server_error", code: str | None = None) -> bytes:
    """Returns an `error` event. The wrapped form is the one for which openai-python raises."""
    error = {"message": message, "type": kind, "param": None, "code": code}
    return b"event: error\ndata: " + json.dumps({"error": error}).encode() + b"\n\n"
