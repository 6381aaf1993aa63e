"""The tool outputs that a client submits: those of all its open calls, in one request."""

from collections.abc import Sequence

from pydantic import Field

from understudy.domain.base import Body
from understudy.domain.tools import ToolCall, ToolOutput
from understudy.errors import InvalidRequestError

MAX_OUTPUTS = 128


class SubmittedOutputs(Body):
    """The body of `submit_tool_outputs`."""

    tool_outputs: list[ToolOutput] = Field(fail_fast=True, min_length=1, max_length=MAX_OUTPUTS)
    stream: bool | None = None


def matched(calls: Sequence[ToolCall], outputs: Sequence[ToolOutput]) -> dict[str, str]:
    """Returns outputs by call id. Raises InvalidRequestError unless each open call has one."""
    expected = [call.call_id for call in calls]
    got = [output.tool_call_id for output in outputs]
    if sorted(expected) != sorted(got):
        raise InvalidRequestError(f"Expected tool outputs for call_ids {expected}, got {got}")
    return {output.tool_call_id: output.output for output in outputs}
