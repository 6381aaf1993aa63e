"""Executing one function call on our side: the output is stored with it, the metric counts it."""

from functools import partial

from understudy.domain.tools import ToolCall, ToolResult, error_output
from understudy.observability import Metric, emit, logger
from understudy.ports import Ports

UNKNOWN = "unknown"
"""Stands for a name that is no tool's: the model made it up, and a metric has few dimensions."""

OUTCOME_UNKNOWN = ToolResult(
    output=error_output(
        "outcome_unknown",
        "The call was begun, and it is not known whether it took effect. It is not made again: "
        "find out what is the case before you call the tool once more.",
    ),
    failed=True,
)


def execute_call(ports: Ports, call: ToolCall, *, seconds: float) -> ToolResult:
    """Answers the call within `seconds`; whatever the tool does, there is an output.

    A tool that changes something is called at most once for a call, however often this is.
    """
    execute = partial(ports.tools.execute, call, seconds=seconds)
    if ports.tools.has_side_effects(call.name):
        result = ports.side_effects.once(call, execute) or OUTCOME_UNKNOWN
    else:
        result = execute()
    ports.tool_calls.answer(call, result.output, failed=result.failed)
    tool = call.name if call.name in ports.tools.names() else UNKNOWN
    emit({Metric.TOOL_CALLS: 1, Metric.TOOL_ERRORS: int(result.failed)}, tool=tool)
    logger.info("tool_executed", tool=tool, failed=result.failed)
    return result
