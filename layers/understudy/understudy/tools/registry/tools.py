"""The registry: tools from the files of the tools folder, and remote tools."""

import pkgutil
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from importlib import import_module
from types import MappingProxyType
from typing import Any

import understudy.tools
from understudy.tools.registry.calls import ToolResult, failed, run_call
from understudy.tools.registry.errors import ToolDeclarationError, UnknownToolError
from understudy.tools.registry.remote import (
    RemoteInvoker,
    RemoteTool,
    not_connected,
    remote_payload,
)
from understudy.tools.registry.tool import ServerTool, ToolContext


def tool_files(
    paths: Iterable[str] = understudy.tools.__path__, package: str = understudy.tools.__name__
) -> Mapping[str, str]:
    """Returns the module of every tool by the tool's name, without importing it."""
    files = [module.name for module in pkgutil.iter_modules(paths) if not module.ispkg]
    return MappingProxyType({name: f"{package}.{name}" for name in sorted(files)})


class ToolRegistry:
    """Tools by name. A tool's module is imported when the tool is first used."""

    def __init__(
        self,
        files: Mapping[str, str],
        *,
        remote: Sequence[RemoteTool] = (),
        invoke: RemoteInvoker = not_connected,
    ) -> None:
        """Raises ToolDeclarationError if a remote tool and a file have the same name."""
        self._files = files
        self._remote = {tool.name: tool for tool in remote}
        self._invoke = invoke
        if shadowed := set(files) & set(self._remote):
            raise ToolDeclarationError(f"remote tool {min(shadowed)} has the name of a file")

    def names(self) -> tuple[str, ...]:
        return (*self._files, *self._remote)

    def get(self, name: str) -> ServerTool | RemoteTool:
        """Returns the tool with exactly this name. Raises UnknownToolError without one."""
        if name in self._remote:
            return self._remote[name]
        if name not in self._files:
            raise UnknownToolError("There is no tool with this name.")
        tool = getattr(import_module(self._files[name]), name, None)
        if not isinstance(tool, ServerTool) or tool.name != name:
            raise ToolDeclarationError(f"tools/{name}.py must declare a server tool named {name}")
        return tool

    def definitions(self, names: Iterable[str] | None = None) -> list[dict[str, Any]]:
        """Returns definitions for `assistants.create(tools=…)`: all, or those of `names`."""
        return [_definition(self.get(name)) for name in (self.names() if names is None else names)]

    def call(self, name: str, arguments: str, context: ToolContext) -> ToolResult:
        """Runs one tool call and returns its output; a failure is an output too.

        The caller has already checked permissions and approval.
        """
        try:
            tool = self.get(name)
        except Exception as error:  # noqa: BLE001 - a broken file affects its own calls only
            return failed(name, error, context)
        if isinstance(tool, RemoteTool):
            run = partial(self._call_remote, tool, arguments, context)
        else:
            run = partial(tool.run, arguments, context)
        return run_call(name, run, context, tool.timeout_seconds)

    def _call_remote(self, tool: RemoteTool, arguments: str, context: ToolContext) -> Any:
        payload = remote_payload(tool, arguments, context)
        return self._invoke(tool.arn, payload, context.seconds_left(at_most=tool.timeout_seconds))


def _definition(tool: ServerTool | RemoteTool) -> dict[str, Any]:
    function = {
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters,
    }
    return {"type": "function", "function": function}
