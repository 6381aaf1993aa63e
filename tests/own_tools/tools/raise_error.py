"""A tool that raises an exception with a secret."""

import sys

from understudy.tools.registry import ToolContext, server_tool


@server_tool()
def raise_error(context: ToolContext) -> str:
    """Raises an error whose text must not reach a model."""
    sys.stdout.write(f"raising for {context.tool_call_id}\n")
    sys.stdout.flush()
    raise RuntimeError("db-3.internal: password authentication failed for hunter2")
