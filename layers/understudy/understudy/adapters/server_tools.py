"""The server tools as the functions see them: which there are, and executing one call."""

from datetime import UTC, datetime, timedelta

from understudy.domain.base import Json
from understudy.domain.tools import ToolCall, ToolResult
from understudy.tools.registry import ToolContext, ToolRegistry, local_tools


class RegisteredTools:
    """Fits the port ServerTools: those of the registry that this deployment switched on."""

    def __init__(self, names: list[str], registry: ToolRegistry | None = None) -> None:
        self._registry = registry or local_tools()
        self._names = [name for name in self._registry.names() if name in names]

    def names(self) -> list[str]:
        return list(self._names)

    def definitions(self) -> list[Json]:
        return self._registry.definitions(self._names)

    def execute(self, call: ToolCall, *, seconds: float) -> ToolResult:
        """Answers the call within `seconds`; whatever goes wrong is an output too."""
        context = ToolContext(
            tenant=call.tenant,
            user_id=call.user_id,
            thread_id=call.thread_id,
            run_id=call.run_id,
            tool_call_id=call.call_id,
            deadline=datetime.now(UTC) + timedelta(seconds=seconds),
        )
        result = self._registry.call(call.name, call.arguments, context)
        return ToolResult(output=result.output, failed=result.is_error)
