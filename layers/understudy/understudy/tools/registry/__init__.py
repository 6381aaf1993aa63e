"""The registry of server-side tools: declares, lists and calls them."""

from functools import cache

from understudy.tools.registry.calls import ToolResult
from understudy.tools.registry.errors import (
    DatabaseError,
    InvalidArgumentsError,
    InvalidOutputError,
    QueryRefusedError,
    ToolDeclarationError,
    ToolError,
    ToolTimeoutError,
    UnknownToolError,
)
from understudy.tools.registry.remote import RemoteInvoker, RemoteTool, parse_remote_tools
from understudy.tools.registry.tool import ServerTool, ToolContext, server_tool
from understudy.tools.registry.tools import ToolRegistry, tool_files

__all__ = [
    "DatabaseError",
    "InvalidArgumentsError",
    "InvalidOutputError",
    "QueryRefusedError",
    "RemoteInvoker",
    "RemoteTool",
    "ServerTool",
    "ToolContext",
    "ToolDeclarationError",
    "ToolError",
    "ToolRegistry",
    "ToolResult",
    "ToolTimeoutError",
    "UnknownToolError",
    "local_tools",
    "parse_remote_tools",
    "server_tool",
    "tool_files",
]


@cache
def local_tools() -> ToolRegistry:
    """Returns the registry of the folder's tools, without remote tools."""
    return ToolRegistry(tool_files())
