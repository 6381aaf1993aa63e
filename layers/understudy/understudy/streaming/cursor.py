"""The position of an event in the stream of a run.

A position says what was sent, not how it was cut into events: a text delta's position is the number
of characters that were sent up to its end. The stream of a run can therefore be reopened after any
event, whether the text still arrives from the provider in small pieces or is stored whole.
"""

import re
from dataclasses import dataclass

_CURSOR = re.compile(r"^\d{1,9}(?:\.\d{1,9}){4}$")


@dataclass(frozen=True, order=True)
class Cursor:
    """A position. Positions compare in the order of the stream.

    `step` is the place of the run step in its run (0 is before the first step), `phase` the place
    of the event within the step, `part` the content part or tool call, `kind` and `offset` say how
    much of the part was sent.
    """

    step: int = 0
    phase: int = 0
    part: int = 0
    kind: int = 0
    offset: int = 0

    def __str__(self) -> str:
        """Returns the text that is sent as the event's id."""
        return f"{self.step}.{self.phase}.{self.part}.{self.kind}.{self.offset}"

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Returns the position that an id stands for. Raises ValueError for any other text."""
        if not _CURSOR.match(text):
            raise ValueError("not the id of an event")
        return cls(*map(int, text.split(".")))

    def within(self, part: "Cursor") -> tuple[int, int]:
        """Returns `kind` and `offset` that were sent of a part; its cursor has 0 for both."""
        if self < part:
            return 0, 0
        same = (self.step, self.phase, self.part) == (part.step, part.phase, part.part)
        return (self.kind, self.offset) if same else (ALL, ALL)

    def sent(self, part: "Cursor") -> int:
        """Returns how much of one kind of a part was sent; `part` has offset 0."""
        if self < part:
            return 0
        kind, offset = self.within(part)
        return offset if kind == part.kind else ALL


ALL = 10**9
"""More than any text has characters."""

START = Cursor()
"""Before the first event."""

END_STEP = 10**9 - 1
"""The `step` of the events that end a run: after every step."""
