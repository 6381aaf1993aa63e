"""Executing one function call on our side: the output is stored with it, the metric counts it."""

from understudy.domain.tools import ToolCall, ToolResult
from understudy.observability import Metric, emit, logger
from understudy.ports import Ports

UNKNOWN = "unknown"
"""Stands for a name that is no tool's: the model made it up, and a metric has few dimensions."""


def execute_call(ports: Ports, call: ToolCall, *, seconds: float) -> ToolResult:
    """Answers the call within `seconds`; whatever the tool does, there is an output."""
    result = ports.tools.execute(call, seconds=seconds)
    ports.tool_calls.answer(call, result.output, failed=result.failed)
    tool = call.name if call.name in ports.tools.names() else UNKNOWN
    emit({Metric.TOOL_CALLS: 1, Metric.TOOL_ERRORS: int(result.failed)}, tool=tool)
    logger.info("tool_executed", tool=tool, failed=result.failed)
    return result
