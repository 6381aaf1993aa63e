"""Tools of a test's own, as a registry."""

import sys
from types import ModuleType
from typing import Any

from understudy.tools.registry import ServerTool, ToolRegistry


def registry_of(*tools: ServerTool, **options: Any) -> ToolRegistry:
    """A registry whose files hold just these tools."""
    files = {}
    for tool in tools:
        module = ModuleType(f"tests.fakes.tools_{tool.name}")
        setattr(module, tool.name, tool)
        sys.modules[module.__name__] = module
        files[tool.name] = module.__name__
    return ToolRegistry(files, **options)
