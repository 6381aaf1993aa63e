"""Settles the calls of a round after its server-side tools have been executed."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from understudy.domain.runs import Run
from understudy.domain.tools import CallStatus, RunsOn, ToolCall, error_output

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.tool_calls import ToolCalls

NO_OUTPUT = error_output("tool_failed", "The tool did not answer.")


def settled_calls(tool_calls: "ToolCalls", run: Run, tried: Collection[str]) -> list[ToolCall]:
    """Returns the calls of the run's current round.

    `tried` are the ids of the calls that were handed to server-side tools. One without an output
    gets an error as its output, because its function crashed. A call that was approved after that
    has not been tried yet.
    """
    calls = _of_round(tool_calls, run)
    without_output = [call for call in calls if _has_failed(call, tried)]
    for call in without_output:
        tool_calls.store_output(call, NO_OUTPUT, failed=True)
    return _of_round(tool_calls, run) if without_output else calls


def _has_failed(call: ToolCall, tried: Collection[str]) -> bool:
    if call.runs_on is not RunsOn.SERVER or call.status is not CallStatus.PENDING:
        return False
    return not call.approved or call.call_id in tried


def _of_round(tool_calls: "ToolCalls", run: Run) -> list[ToolCall]:
    calls = tool_calls.of_run(run.tenant, run.id)
    return [call for call in calls if call.round == run.round]
