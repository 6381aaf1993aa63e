"""The enabled server-side tools: their definitions, and the execution of one call."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from understudy.adapters.lambda_tools import LambdaTools
from understudy.domain.base import Json
from understudy.domain.tools import ToolCall, ToolResult, error_output
from understudy.observability import logger
from understudy.settings import Settings
from understudy.tools.database import DatabaseSettings, configure, database_url, sample_settings
from understudy.tools.registry import (
    RemoteTool,
    ServerTool,
    ToolContext,
    ToolDeclarationError,
    ToolRegistry,
    parse_remote_tools,
    tool_files,
)

RETRYABLE = {"tool_failed", "unavailable"}
"""Error codes after which a call without side effects is retried once."""

MIN_RETRY_SECONDS = 1.0
"""A retry starts only if at least this much time is left."""


class RegisteredTools:
    """The tools of the registry that this deployment enables."""

    def __init__(self, names: Iterable[str], registry: ToolRegistry) -> None:
        wanted = set(names)
        self._registry = registry
        self._names = [name for name in registry.names() if name in wanted]

    def names(self) -> list[str]:
        return list(self._names)

    def definitions(self, names: Iterable[str]) -> list[Json]:
        wanted = set(names)
        usable = [name for name in self._names if name in wanted and self._tool(name)]
        return self._registry.definitions(usable)

    def needing_approval(self, names: Iterable[str]) -> list[str]:
        """Returns the tools that need approval, and those whose file cannot be imported."""
        tools = {name: self._tool(name) for name in names}
        return [name for name, tool in tools.items() if tool is None or tool.requires_approval]

    def has_side_effects(self, name: str) -> bool:
        tool = self._tool(name)
        return tool is not None and tool.side_effects

    def execute(self, call: ToolCall, *, seconds: float) -> ToolResult:
        """Runs the call within `seconds` and returns its output; a failure is an output too.

        Retries a call without side effects once if it failed with a `RETRYABLE` code.
        """
        if call.name not in self._names:
            return _error("unknown_tool", "There is no tool with this name.")
        tool = self._tool(call.name)
        if tool is not None and tool.requires_approval and not call.approved:
            return _error("not_approved", "This call has not been approved.")
        context = ToolContext(
            tenant=call.tenant,
            user_id=call.user_id,
            thread_id=call.thread_id,
            run_id=call.run_id,
            tool_call_id=call.call_id,
            deadline=datetime.now(UTC) + timedelta(seconds=seconds),
        )
        result = self._registry.call(call.name, call.arguments, context)
        may_repeat = tool is not None and not tool.side_effects
        in_time = context.seconds_left(at_most=MIN_RETRY_SECONDS) >= MIN_RETRY_SECONDS
        if result.error_code in RETRYABLE and may_repeat and in_time:
            result = self._registry.call(call.name, call.arguments, context)
        return ToolResult(output=result.output, failed=result.is_error)

    def _tool(self, name: str) -> ServerTool | RemoteTool | None:
        """Returns the tool, or None if its file cannot be imported."""
        if name not in self._names:
            return None
        try:
            return self._registry.get(name)
        except (ImportError, SyntaxError, ToolDeclarationError) as error:
            logger.error("tool_not_importable", tool=name, error=type(error).__name__)
            return None


def registered_tools(chosen: Settings) -> RegisteredTools:
    """Returns the enabled tools of the folder and the remote tools of the configuration.

    Configures the database tools for this deployment's database or the bundled sample. Raises
    ToolDeclarationError for an invalid declaration.
    """
    remote = parse_remote_tools(chosen.remote_tools)
    configure(lambda: _database(chosen))
    registry = ToolRegistry(tool_files(), remote=remote, invoke=LambdaTools().invoke)
    return RegisteredTools(chosen.switched_on_tools, registry)


def _database(chosen: Settings) -> DatabaseSettings:
    arn = chosen.database_secret_arn
    if not arn:
        return sample_settings()

    def url() -> str:
        from understudy.adapters.secrets import secret

        return database_url(secret(arn))

    return DatabaseSettings(url=url, tables=tuple(chosen.database_tables))


def _error(code: str, message: str) -> ToolResult:
    return ToolResult(output=error_output(code, message), failed=True)
