"""Executes one call of a server-side tool; the output is stored with the call."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from understudy.domain.ids import milliseconds
from understudy.domain.tools import ToolCall, ToolResult, error_output
from understudy.observability import Metric, emit, logger
from understudy.ports import ServerTools

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.side_effects import SideEffects
    from understudy.adapters.dynamodb.tool_calls import ToolCalls

UNKNOWN = "unknown"
"""The metric's dimension for names that the model made up: a dimension must have few values."""

OUTCOME_UNKNOWN = ToolResult(
    output=error_output(
        "outcome_unknown",
        "The call was begun, and it is not known whether it took effect. It is not made again: "
        "find out what is the case before you call the tool once more.",
    ),
    failed=True,
)


@dataclass(frozen=True)
class ToolExecutor:
    """Executes calls of server-side tools.

    `side_effects` is called only for a tool that has some: its import costs cold-start time. `now`
    returns Unix seconds.
    """

    tools: ServerTools
    tool_calls: "ToolCalls"
    side_effects: Callable[[], "SideEffects"]
    now: Callable[[], float]

    def execute(self, call: ToolCall, *, seconds: float) -> ToolResult:
        """Executes the call within `seconds`, stores its output and returns it.

        A tool that fails has an error as its output. A tool with side effects is executed at most
        once per call, also if this method is called again.
        """
        call = call.model_copy(update={"started_ms": milliseconds(self.now())})
        execute = partial(self.tools.execute, call, seconds=seconds)
        if self.tools.has_side_effects(call.name):
            result = self.side_effects().once(call, execute) or OUTCOME_UNKNOWN
        else:
            result = execute()
        self.tool_calls.store_output(call, result.output, failed=result.failed)
        tool = call.name if call.name in self.tools.names() else UNKNOWN
        emit({Metric.TOOL_CALLS: 1, Metric.TOOL_ERRORS: int(result.failed)}, tool=tool)
        logger.info("tool_executed", tool=tool, failed=result.failed)
        return result
