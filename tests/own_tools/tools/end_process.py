"""A tool that takes its whole process with it."""

import os
import signal
import sys

from understudy.tools.registry import ToolContext, server_tool


@server_tool()
def end_process(context: ToolContext) -> str:
    """Ends the process that it runs in, as too little memory would."""
    sys.stdout.write(f"ending for {context.tool_call_id}\n")
    sys.stdout.flush()
    os.kill(os.getpid(), signal.SIGKILL)
    return "still here"
