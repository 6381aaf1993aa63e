"""A registry with the tools of a test."""

import sys
from types import ModuleType
from typing import Any

from understudy.tools.registry import ServerTool, ToolRegistry


def registry_of(*tools: ServerTool, **options: Any) -> ToolRegistry:
    """Returns a registry with these tools only."""
    files = {}
    for tool in tools:
        module = ModuleType(f"tests.fakes.tools_{tool.name}")
        setattr(module, tool.name, tool)
        sys.modules[module.__name__] = module
        files[tool.name] = module.__name__
    return ToolRegistry(files, **options)
