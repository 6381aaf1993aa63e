"""Every minute: starts runs without an execution, ends runs that nothing else ended."""

from typing import Any

from understudy.services import Services, services
from understudy.tasks import invocation

from .sweep import RunSweeper


def handler(event: object, context: object, using: Services | None = None) -> dict[str, Any]:
    """Does one sweep; returns how many runs it found, started and closed."""
    with invocation(context):
        chosen = using or services()
        return RunSweeper(
            chosen.runs, chosen.executions, chosen.run_ender, chosen.run_recorder, chosen.now
        ).sweep()
