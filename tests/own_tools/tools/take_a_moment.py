"""A tool that shows whether calls run concurrently."""

from threading import Event

from understudy.tools.registry import server_tool


@server_tool(timeout_seconds=10)
def take_a_moment() -> str:
    """Works for a moment."""
    Event().wait(0.7)
    return "done"
