"""Calls that wait for an approval, as they are listed."""

from understudy.domain.base import Record
from understudy.domain.tools import ToolCall


class Approval(Record):
    """The place of a call that waits for an approval. Its id sorts by the age of the run."""

    id: str
    run_id: str
    call_id: str

    @classmethod
    def of(cls, call: ToolCall) -> "Approval":
        place = f"{call.run_id}.{call.round:04d}.{call.position:04d}"
        return cls(id=place, run_id=call.run_id, call_id=call.call_id)
