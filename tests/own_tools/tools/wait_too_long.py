"""A tool that exceeds its timeout."""

from threading import Event

from understudy.tools.registry import server_tool


@server_tool(timeout_seconds=0.3)
def wait_too_long() -> str:
    """Waits for an event that never occurs."""
    Event().wait(60)
    return "at last"
