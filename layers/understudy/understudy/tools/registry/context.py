"""Who a tool call is for. It comes from the run, never from the model."""

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class ToolContext:
    """The owner and the place of one tool call.

    `deadline` is when the run expires (aware); the call must have answered by then.
    """

    tenant: str
    user_id: str | None
    thread_id: str
    run_id: str
    tool_call_id: str
    deadline: datetime | None = None

    def seconds_left(self, at_most: float) -> float:
        """Seconds until the deadline, never more than `at_most` and never negative."""
        if self.deadline is None:
            return at_most
        left = (self.deadline - datetime.now(UTC)).total_seconds()
        return max(0.0, min(at_most, left))
