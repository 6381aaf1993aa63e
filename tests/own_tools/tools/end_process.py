"""A tool that ends its process."""

import os
import signal
import sys

from understudy.tools.registry import ToolContext, server_tool


@server_tool()
def end_process(context: ToolContext) -> str:
    """Ends its process, as an out-of-memory kill would."""
    sys.stdout.write(f"ending for {context.tool_call_id}\n")
    sys.stdout.flush()
    os.kill(os.getpid(), signal.SIGKILL)
    return "still here"
