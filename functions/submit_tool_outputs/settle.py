"""The calls of a turn once our side has tried to execute them."""

from collections.abc import Collection

from understudy.domain.runs import Run
from understudy.domain.tools import CallStatus, RunsOn, ToolCall, error_output
from understudy.ports import Ports

NO_ANSWER = error_output("tool_failed", "The tool did not answer.")


def settled_calls(ports: Ports, run: Run, tried: Collection[str]) -> list[ToolCall]:
    """The calls of the run's present turn as they are now.

    One of ours that has no output although it was tried gets an error as its output: its tool was
    killed, and the run goes on. One that was approved after the last try is still to be tried.
    """
    calls = _turn(ports, run)
    silent = [call for call in calls if _is_silent(call, tried)]
    for call in silent:
        ports.tool_calls.answer(call, NO_ANSWER, failed=True)
    return _turn(ports, run) if silent else calls


def _is_silent(call: ToolCall, tried: Collection[str]) -> bool:
    if call.runs_on is not RunsOn.SERVER or call.status is not CallStatus.PENDING:
        return False
    return not call.approved or call.call_id in tried


def _turn(ports: Ports, run: Run) -> list[ToolCall]:
    calls = ports.tool_calls.of_run(run.tenant, run.id)
    return [call for call in calls if call.round == run.round]
