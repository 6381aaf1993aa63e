"""A tool that is later than it may be."""

from threading import Event

from understudy.tools.registry import server_tool


@server_tool(timeout_seconds=0.3)
def wait_too_long() -> str:
    """Waits for something that does not happen."""
    Event().wait(60)
    return "at last"
