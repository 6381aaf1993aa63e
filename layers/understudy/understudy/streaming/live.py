"""The provider's streaming events, accumulated into the response as it stands.

Only the items are kept: `response.completed` may arrive without its output, so items are taken from
the events of each item (clients have crashed on a null `output`: NousResearch/hermes-agent#11179).
"""

from dataclasses import dataclass, field

from understudy.domain.base import Json

ENDED = {
    "response.completed",
    "response.incomplete",
    "response.failed",
    "response.cancelled",
    "error",
}
"""Events after which the provider sends nothing more."""


@dataclass
class LiveResponse:
    """A response that is being streamed: its items so far, and the number of the newest event.

    Events that were applied before are ignored, so a stream may be resumed with some overlap.
    """

    output: list[Json] = field(default_factory=list)
    sequence: int = -1

    @staticmethod
    def ends(event: Json) -> bool:
        """Whether the provider sends nothing after this event."""
        return str(event.get("type")) in ENDED

    def apply(self, event: Json) -> bool:
        """Applies one event. Returns True if it is new.

        Raises MissingEventError if an event between the newest one and this one is missing.
        """
        number = event.get("sequence_number")
        if isinstance(number, int):
            if number <= self.sequence:
                return False
            if number > self.sequence + 1 and self.sequence >= 0:
                raise MissingEventError(self.sequence)
            self.sequence = number
        kind = str(event.get("type"))
        index = event.get("output_index")
        if isinstance(index, int):
            self._apply_item(kind, index, event)
        return True

    def _apply_item(self, kind: str, index: int, event: Json) -> None:
        if kind in ("response.output_item.added", "response.output_item.done"):
            while len(self.output) <= index:
                self.output.append({"type": "pending"})
            self.output[index] = dict(event.get("item") or {})
            return
        if index >= len(self.output):
            return
        item, delta = self.output[index], event.get("delta")
        match kind:
            case "response.function_call_arguments.delta":
                item["arguments"] = str(item.get("arguments") or "") + str(delta)
            case "response.code_interpreter_call_code.delta":
                item["code"] = str(item.get("code") or "") + str(delta)
            case "response.output_text.delta":
                part = _part(item, event, "output_text")
                part["text"] = str(part.get("text") or "") + str(delta)
            case "response.refusal.delta":
                part = _part(item, event, "refusal")
                part["refusal"] = str(part.get("refusal") or "") + str(delta)
            case "response.output_text.annotation.added":
                part = _part(item, event, "output_text")
                part["annotations"] = [*(part.get("annotations") or []), event.get("annotation")]
            case _:
                return


class MissingEventError(Exception):
    """The provider's stream skipped an event; resume after `sequence`."""

    def __init__(self, sequence: int) -> None:
        super().__init__(f"an event after number {sequence} is missing")
        self.sequence = sequence


def _part(item: Json, event: Json, kind: str) -> Json:
    """Returns the content part that an event is about, creating it and those before it."""
    index = event.get("content_index")
    place = index if isinstance(index, int) and 0 <= index < MAX_PARTS else 0
    content: list[Json] = item.setdefault("content", [])
    while len(content) <= place:
        content.append({"type": kind})
    return content[place]


MAX_PARTS = 1000
